"""The output of the parts of the suite."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

Output = IO[bytes] | None  # a file, or None for this process's own output


def say(line: str, output: Output = None) -> None:
    """Print a line at once, so that lines and the output of child processes keep their order."""
    stream = output or sys.stdout.buffer
    stream.write(f"{line}\n".encode())
    stream.flush()


def run_module(module: str, *arguments: str, clone: Path, output: Output, before: Sequence[str] = ()) -> int:
    """Run `python -m module` in the clone and return its exit code; with a file, errors go there too.

    The words of `before` come first on the command line.

    Numerical libraries get one thread. Parts run side by side, and threads that spin while they wait for a
    core take more time than they save.
    """
    command = [*before, sys.executable, "-m", module, *arguments]
    environment = {"OMP_NUM_THREADS": "1", **os.environ}
    errors = subprocess.STDOUT if output else None
    return subprocess.run(command, cwd=clone, stdout=output, stderr=errors, env=environment).returncode
