"""Clocks of single processes that a test sets forward and back, by a small library that they preload."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Clocks:
    """The wall clocks of named processes. Monotonic clocks run on, as on a machine whose date is set.

    Args:
        folder: of the library, and of one file for each process, with the nanoseconds that its clock is off.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder, self._library = folder, folder / "clock.so"
        command = ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", str(self._library), str(SOURCE)]
        subprocess.run(command, check=True)

    def set(self, process: str, seconds: int) -> None:
        """Set the clock of a process to `seconds` after the right time; it sees that at its next reading."""
        file = os.open(self._folder / process, os.O_WRONLY | os.O_CREAT)
        os.write(file, (seconds * 10**9).to_bytes(8, "little", signed=True))  # in place: it is mapped
        os.close(file)

    def environment(self, process: str) -> dict[str, str]:
        """Return the variables with which a process sees its own clock."""
        self.set(process, 0)
        return {"LD_PRELOAD": str(self._library), "FLAGFIVE_CLOCK": str(self._folder / process)}
