"""Reads the mutants that may live, each with its reason; they are matched by what they change."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.mutation.mutants import Mutant

FILE = Path(__file__).with_name("explained.toml")


class Explained:
    """The entries of `explained.toml`.

    An entry names file, function, and the changed statement before and after, so it stays true when lines
    move. Without `becomes` it explains every mutant of the statement.
    """

    def __init__(self, file: Path = FILE) -> None:
        self._entries = tomllib.loads(file.read_text()).get("mutant", [])

    def reason(self, mutant: Mutant) -> str | None:
        """Return why no test can find the mutant; None where no reason is written down."""
        for entry in self._entries:
            same_place = entry["file"] == mutant.file and entry["function"] == mutant.function
            same_change = (
                entry["was"] == mutant.was and entry.get("becomes", mutant.becomes) == mutant.becomes
            )
            if same_place and same_change:
                return str(entry["reason"])
        return None
