"""Payments that a demo suggests to flag: a file beside its database, which its console reads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import msgspec

from contracts.undecodable import UNDECODABLE

FILE: Final = "suggested-flags.json"
MOST_BYTES: Final = 64 * 1024


class SuggestedFlags(msgspec.Struct, frozen=True):
    """Payments of one new pattern that raised no alert.

    Attributes:
        pattern: name of the pattern, in words.
        recipe: what the fraudsters do, in words.
        ids: their transactions, one of each card.
    """

    pattern: Annotated[str, msgspec.Meta(max_length=100)]
    recipe: Annotated[str, msgspec.Meta(max_length=500)]
    ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=20)]


def write_suggested_flags(folder: Path, flags: SuggestedFlags) -> None:
    """Write the file of a folder; a reader sees all of it or what was there before."""
    new = folder / f"{FILE}.new"
    new.write_bytes(msgspec.json.encode(flags))
    os.replace(new, folder / FILE)


def read_suggested_flags(folder: Path) -> SuggestedFlags | None:
    """Return what the file of a folder suggests; None without one, or where it cannot be read."""
    try:
        with (folder / FILE).open("rb") as opened:
            return msgspec.json.decode(opened.read(MOST_BYTES), type=SuggestedFlags)
    except (OSError, *UNDECODABLE):
        return None
