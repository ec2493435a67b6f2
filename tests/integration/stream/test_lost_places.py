"""The group's places are gone, for a while or for good: nothing is scored twice."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from flagfive.cluster import administrator
from settings import Settings
from tests.never_disturbed import assert_as_never_disturbed
from tests.stream_run import StreamRun, stream_run
from tests.waiting import until


@pytest.fixture(params=[2, 1], ids=["two entities", "one entity"])
def run(request: pytest.FixtureRequest, stream_settings: Settings) -> Iterator[StreamRun]:
    stream = stream_settings.stream.model_copy(update={"session_timeout_s": 6.0})
    entities = stream_settings.entities[: request.param]
    with stream_run(stream_settings.model_copy(update={"entities": entities, "stream": stream})) as run:
        yield run


def delete_group(run: StreamRun) -> None:
    """Delete the group once its killed member's session has ended."""

    def deleted() -> bool:
        with administrator(run.settings.broker) as admin:
            (outcome,) = admin.delete_groups([run.settings.stream.group]).values()
        return bool(outcome == "OK")

    until(deleted, what="the group to be empty")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL], ids=["with a checkpoint", "without"])
def test_after_the_group_was_deleted_a_worker_continues_behind_the_newest_score(
    run: StreamRun, ending: signal.Signals
) -> None:
    worker = run.start_worker()
    run.send_transactions(3_000)
    run.wait_for_scores(3_000)
    worker.send_signal(ending)
    worker.wait()
    delete_group(run)
    worker = run.start_worker()
    run.send_transactions(3_000, seed=1)
    assert_as_never_disturbed(run, 6_000)
    assert "asking again" in run.log_of(worker)
