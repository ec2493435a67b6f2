"""Clocks of single processes that a test sets forward and back, by the library libfaketime."""

from __future__ import annotations

from pathlib import Path

LIBRARY = "faketime/libfaketimeMT.so.1"


class Clock:
    """The wall clocks of named processes. Monotonic clocks run on, as on a machine whose date is set.

    Args:
        folder: one file for each process, with the seconds that its clock is off.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = next(iter(Path("/usr/lib").glob(f"*/{LIBRARY}")), None)

    @property
    def works(self) -> bool:
        """Whether the library is installed."""
        return self._library is not None

    def set(self, process: str, seconds: float) -> None:
        """Set the clock of a process to `seconds` after the right time; it sees that within a second."""
        self._folder.mkdir(parents=True, exist_ok=True)
        new = self._folder / f"{process}.new"
        new.write_text(f"{seconds:+g}\n")
        new.replace(self._folder / process)  # never half written

    def environment(self, process: str) -> dict[str, str]:
        """Return the variables with which a process sees its own clock."""
        if self._library is None:
            return {}
        self.set(process, 0)
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._folder / process),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }
