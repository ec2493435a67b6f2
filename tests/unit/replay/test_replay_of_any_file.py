"""Files of twelve shapes are replayed with the mapping that `inspect` writes, without an edit."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

import pytest

from replay import contest
from replay.mapping import read_mapping
from replay.prequential import Plan, prequential
from replay.progress import Progress
from replay.propose_mapping import propose_mapping
from replay.reading import RowReader
from replay.table import TableFile
from replay.tasks import Task
from tests.unit.replay import test_any_file
from tests.unit.replay.test_any_file import SHAPES

PLAN = Plan(train_days=3, delay_days=1, test_days=2, folds=1, contenders=("confirmed",), processes=1)


def run_here(
    tasks: Sequence[Task], processes: int, stage: str, report: Progress, shared: Sequence[str] = ()
) -> None:
    """Run tasks in this process: a process for each of twelve files takes a minute."""
    waiting = deque(tasks)
    while waiting:
        task = waiting.popleft()
        waiting.extendleft(task.then(task.function(*task.arguments)))


@pytest.mark.parametrize("shape", SHAPES)
def test_replay_runs_with_the_mapping_as_it_is_written(
    shape: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_any_file, "N", 6_000)
    monkeypatch.setattr(contest, "run_tasks", run_here)
    path, mapping = SHAPES[shape](tmp_path), tmp_path / "mapping.toml"
    mapping.write_text(propose_mapping(TableFile(path)).toml, encoding="utf-8")
    reader = RowReader(TableFile(path, as_text=True), read_mapping(mapping))
    found = prequential(reader, PLAN)
    assert found.survey.rows == 6_000
    [window] = found.windows["confirmed"]
    assert window.fraud.sum() >= 10
    assert 0.0 <= found.contenders["confirmed"]["average_precision"].value <= 1.0
