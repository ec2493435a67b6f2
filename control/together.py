"""Entries that are announced together: the broker stores them as a whole, and readers apply them at once.

All records of such a change lie in one batch of the broker. It stores a batch completely or not at all, and
a reader gets it with one fetch. A header says how many records of the change follow. It is not signed: it
decides only between which entries a worker may score a batch of payments, and not what an entry says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

MORE: Final = "flagfive-more"
"""Header of a record: how many of the next records belong to the same change."""
TOGETHER_BYTES: Final = 900 * 1024
"""Entries of one change that lie in one batch; a longer change takes several. Every topic takes 1 MiB."""
_OVERHEAD: Final = 128  # bytes of one record beside its value, rounded up


class Record(Protocol):
    """A record of the control log, as far as its headers are concerned."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """Return its headers."""


Of = TypeVar("Of", bound=Record)


def batches_of(sizes: Sequence[int]) -> list[slice]:
    """Divide records of these sizes (bytes) into batches of at most `TOGETHER_BYTES`, one record at least.

    >>> batches_of([10, 20, TOGETHER_BYTES, 5])
    [slice(0, 2, None), slice(2, 3, None), slice(3, 4, None)]
    """
    found, begin, filled = list[slice](), 0, 0
    for at, size in enumerate(sizes):
        if at > begin and filled + size + _OVERHEAD > TOGETHER_BYTES:
            found.append(slice(begin, at))
            begin, filled = at, 0
        filled += size + _OVERHEAD
    return [*found, slice(begin, len(sizes))] if sizes else found


def header_of(left: int) -> list[tuple[str, bytes]]:
    """Return the headers of a record after which `left` records of the same change follow."""
    return [(MORE, b"%d" % left)] if left else []


def changes_of(records: Sequence[Of]) -> list[list[Of]]:
    """Divide fetched records into changes: one record each, or those that were announced together."""
    found, left = list[list[Of]](), 0
    for record in records:
        if left > 0:
            found[-1].append(record)
        else:
            found.append([record])
        left = _more(record)
    return found


def _more(record: Record) -> int:
    return next((int(value) for name, value in record.headers if name == MORE and value.isdigit()), 0)
