"""Without Kafka transactions nothing is lost, and a worker stopped by a signal leaves no work to repeat."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from settings import Settings
from tests.stream_run import StreamRun, stream_run
from tests.waiting import until

COUNT = 20_000


@pytest.fixture
def run(stream_settings: Settings) -> Iterator[StreamRun]:
    stream = stream_settings.stream.model_copy(update={"delivery": "at_least_once"})
    with stream_run(stream_settings.model_copy(update={"stream": stream})) as run:
        yield run


def ended_half_way(run: StreamRun, how: signal.Signals) -> int:
    """Return the exit code of a worker that receives a signal with part of the transactions scored."""
    worker = run.start_worker()
    run.send_transactions(COUNT)
    until(lambda: run.written(run.settings.topics.scores) > COUNT // 10, what="the first scores")
    worker.send_signal(how)
    return worker.wait(timeout=30)


def scored_by_the_next(run: StreamRun) -> list[object]:
    """Return the ids of all scores after a second worker has scored the rest."""
    run.start_worker()

    def look() -> list[object] | None:
        if run.written(run.settings.topics.scores) < COUNT:
            return None
        ids: list[object] = [score["transaction_id"] for score in run.scores()]
        return ids if len(set(ids)) == COUNT else None

    return until(look, what="a score of every transaction")


def test_a_worker_that_is_told_to_end_commits_the_places_of_all_that_it_sent(run: StreamRun) -> None:
    assert ended_half_way(run, signal.SIGTERM) == 0
    ids = scored_by_the_next(run)
    assert len(ids) == COUNT


def test_a_killed_worker_loses_nothing(run: StreamRun) -> None:
    ended_half_way(run, signal.SIGKILL)
    assert set(scored_by_the_next(run)) == {f"tx-{number}" for number in range(COUNT)}
