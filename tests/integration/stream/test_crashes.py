"""Workers are killed, frozen or joined by others: each transaction has one bit-identical score.

At full size: FLAGFIVE_CRASH_KILLS=30 FLAGFIVE_CRASH_TRANSACTIONS=300000 pytest -k killed
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator

import pytest

from contracts.signing.principals import COMMAND_LINE
from contracts.signing.trust import Trust
from control.acknowledgements import read_acks
from settings import Settings
from tests.never_disturbed import assert_as_never_disturbed
from tests.stream_run import SECRET, StreamRun, stream_run
from tests.waiting import until

COUNT = int(os.environ.get("FLAGFIVE_CRASH_TRANSACTIONS", "24000"))
KILLS = int(os.environ.get("FLAGFIVE_CRASH_KILLS", "4"))


@pytest.fixture
def settings(stream_settings: Settings) -> Settings:
    """Return settings with short timeouts, to detect crashes soon, and checkpoints between the crashes."""
    stream = stream_settings.stream.model_copy(
        update={"session_timeout_s": 6.0, "checkpoint_interval_s": 0.5}
    )
    return stream_settings.model_copy(update={"stream": stream})


@pytest.fixture
def run(settings: Settings) -> Iterator[StreamRun]:
    with stream_run(settings) as run:
        yield run


def wait_for_written(run: StreamRun, scores: int) -> None:
    until(lambda: run.written(run.settings.topics.scores) >= scores, what=f"{scores} scores")


def kill_while_flowing(run: StreamRun, kills: int) -> None:
    """Kill the worker with SIGKILL at random moments while transactions arrive; start a new one each time."""
    chance = random.Random(7)
    part = COUNT // (kills + 1)
    worker = run.start_worker()
    for seed in range(kills):
        run.send_transactions(part, seed=seed)
        wait_for_written(run, chance.randrange(run.sent))
        worker.kill()
        worker.wait()
        worker = run.start_worker()
    run.send_transactions(COUNT - run.sent, seed=kills)


def test_killed_workers_lose_nothing_double_nothing_and_change_no_bit(run: StreamRun) -> None:
    kill_while_flowing(run, KILLS)
    assert_as_never_disturbed(run, COUNT)


def test_with_one_entity_killed_workers_compute_what_an_undisturbed_one_does(settings: Settings) -> None:
    """With one entity only `transactions` sets the order, so the fold equals that of an undisturbed run."""
    with stream_run(settings.model_copy(update={"entities": settings.entities[:1]})) as run:
        kill_while_flowing(run, 2)
        assert_as_never_disturbed(run, COUNT)


def test_two_workers_share_the_load_and_one_takes_over_from_the_other(run: StreamRun) -> None:
    first, second = run.start_worker(), run.start_worker()
    run.send_transactions(6_000)

    def workers_acknowledged() -> int:
        trust = Trust.derived(SECRET.encode(), COMMAND_LINE)
        table = read_acks(run.settings.broker, run.settings.topics.control_acks, 2, trust)
        return len({ack.worker for ack in table.newest.values()})

    until(lambda: workers_acknowledged() == 2, what="both workers to score a partition each")
    run.wait_for_scores(6_000)
    first.kill()
    first.wait()
    run.send_transactions(6_000, seed=1)
    assert_as_never_disturbed(run, 12_000)
    assert second.poll() is None


def test_a_frozen_worker_that_wakes_up_writes_nothing(run: StreamRun) -> None:
    """A zombie's session ends while it is stopped, another worker takes over, then the zombie resumes."""
    zombie = run.start_worker()
    run.send_transactions(3_000)
    run.wait_for_scores(3_000)
    run.send_transactions(6_000, seed=1)
    zombie.send_signal(signal.SIGSTOP)
    run.start_worker()
    run.wait_for_scores(9_000, within_s=240)
    zombie.send_signal(signal.SIGCONT)
    run.send_transactions(3_000, seed=2)
    assert_as_never_disturbed(run, 12_000)
