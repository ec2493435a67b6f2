"""A replay that trains on Spark gives the figures of one that trains in processes here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from distributed.pool import pool_on
from replay.prequential import Plan, prequential
from tests.unit.replay.files import payments, reader

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

PLAN = Plan(2, 1, 2, 2, contenders=("confirmed", "logistic", "lightgbm"), processes=2)


def test_figures_and_scores_are_those_of_this_machine(spark: SparkSession, tmp_path: Path) -> None:
    frame = payments(6_000)
    start, at_once = pool_on(spark)
    here = prequential(reader(tmp_path, frame), PLAN)
    there = prequential(reader(tmp_path, frame), PLAN, start=start)
    assert at_once == 2
    assert there.contenders == here.contenders
    assert list(there.contenders) == ["confirmed", "logistic", "lightgbm"]
    for name, windows in here.windows.items():
        for mine, other in zip(windows, there.windows[name], strict=True):
            assert mine.score.tobytes() == other.score.tobytes()
