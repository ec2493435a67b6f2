"""Hostile bytes crash no decoder: each returns, or raises an error by name, in bounded memory.

The decoders run in a child process, since a wrong offset may end it. Longer:
`python -m tests.fuzz --seconds 3600`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SECONDS = 20


@pytest.mark.timeout(300)  # the first run compiles kernels
def test_hostile_bytes_are_refused_by_name_and_crash_nothing(tmp_path: Path) -> None:
    under_way = tmp_path / "input"
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--seconds", str(SECONDS), "--under-way", str(under_way)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    noted = under_way.read_bytes() if under_way.exists() else bytes(4)
    last = noted[4 : 4 + int.from_bytes(noted[:4], "little")]
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr[-3000:]}\ninput under way: {last!r}"
