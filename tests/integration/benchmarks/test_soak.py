"""Two minutes of random kills leave no trace: each transaction has one score, and profiles never fork."""

from __future__ import annotations

import asyncio
from pathlib import Path

from benchmarks.soak.run import soak
from flagfive.processes import Processes


def test_two_minutes_of_kills_lose_nothing_double_nothing_and_change_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    with Processes(tmp_path / "log") as processes:
        found = asyncio.run(soak(tmp_path, processes, minutes=2.0, rate=200.0, seed=5, say=said.append))
    assert found["broken"] == [], "\n".join([*found["broken"], *said])
    assert found["kills_together"] >= 8
    assert sum(found["answers"].values()) >= 1, "an episode was flagged and answered"
    assert found["transactions"] > 10_000
    assert found["repeats"] > 100
