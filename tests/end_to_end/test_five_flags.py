"""The main use case, as a user runs it, on a real broker, database and processes.

1. Start everything.
2. The base does not alert on a pattern that it has never seen.
3. The user flags five payments of the pattern.
4. The detector is live on every partition.
5. The detector catches the rest of the pattern within the budget.
6. No process is left running.
7. A sample of all stored scores can be recomputed bit for bit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent.parent


def flagfive(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "FLAGFIVE_VAR": str(folder), "OMP_NUM_THREADS": "1"}
    environment.pop("FLAGFIVE_CONTROL_KEY", None)  # the keys are made at the first start
    environment.pop("FLAGFIVE_BROKER", None)
    command = [sys.executable, "-m", "flagfive", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Find the processes of the folder: the broker by its configuration, the others by their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            known = [*process.cmdline(), *process.environ().values()]
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
        if any(str(folder) in text for text in known):
            found.append(process)
    return found


def test_five_flags_turn_a_pattern_that_slips_through_into_one_that_is_caught(tmp_path: Path) -> None:
    done = flagfive(tmp_path, "demo", "--once", "--json", str(tmp_path / "figures.json"))
    assert done.returncode == 0, done.stdout + done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["lost"] == figures["duplicated"] == 0
    assert figures["recall_after"] > max(0.5, figures["recall_before"] + 0.3)
    assert figures["false_positive_rate_after"] < 5 * figures["budget"]
    assert 0 < figures["flag_to_adapted_ms"] <= figures["flag_to_live_ms"]
    assert figures["money_held"] > 0
    assert processes_of(tmp_path) == []
    again = flagfive(tmp_path, "recompute", "--sample", "400")
    assert again.stdout == "400 of 400 scores are equal to the bit\n", again.stdout + again.stderr
