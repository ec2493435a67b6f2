"""`flagfive replay` as a user runs it: figures while it works, and what is left after Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.unit.replay.files import payments

MAPPING = """
id = "id"
time = "when"
amount = "amount"
[[entities]]
name = "card"
column = "card"
[label]
column = "fraud"
"""
DAYS = ("--train-days", "3", "--delay-days", "1", "--test-days", "2", "--folds", "2")


def started(folder: Path) -> subprocess.Popen[str]:
    """Start a replay of a quick contender and a slow one."""
    payments().to_parquet(folder / "payments.parquet", index=False)
    (folder / "mapping.toml").write_text(MAPPING)
    command = [sys.executable, "-m", "flagfive", "replay", "payments.parquet", "--mapping", "mapping.toml"]
    command += [*DAYS, "--contender", "confirmed", "--contender", "base", "--json", "result.json"]
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "HOME": str(Path.home())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_ctrl_c_keeps_what_has_finished(tmp_path: Path) -> None:
    with started(tmp_path) as replay:
        assert replay.stdout is not None
        lines = [replay.stdout.readline(), replay.stdout.readline()]
        replay.send_signal(signal.SIGINT)
        shown, logged = replay.communicate(timeout=300)
    assert replay.returncode == 130, logged
    assert lines[0].startswith("6,000 rows, 2024-03-01 to 2024-03-08")
    assert lines[1].startswith("confirmed: AUC ROC ")
    assert "confirmed" in shown
    assert "comparing contenders: " in logged
    assert "interrupted" in logged
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["interrupted"]
    assert [contender["name"] for contender in result["contenders"]] == ["confirmed"]
