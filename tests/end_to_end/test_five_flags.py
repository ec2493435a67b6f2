"""The main story, as a user runs it.

1 start everything; 2 a pattern that the base has never seen slips through; 3 five payments of it are flagged;
4 the detector is live on every partition; 5 the rest is caught within the budget; 6 nothing is left running;
7 scores drawn from all that is stored can be computed again, to the bit.
Real broker, real database, real processes.
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
    environment |= {"FLAGFIVE_CONTROL_KEY": "a secret of enough length"}
    environment.pop("FLAGFIVE_BROKER", None)
    command = [sys.executable, "-m", "flagfive", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Processes that know the folder: the broker by its configuration, the others by their environment."""
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
