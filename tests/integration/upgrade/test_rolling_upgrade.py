"""Workers of this release take over what the previous release has written, in the middle of its work.

`previous_release.tar.xz` holds the data of a broker after the previous release was killed: transactions with
and without a score, messages between stages that were not read yet, checkpoints, a control log, and places
of the group. README.md says how it was recorded.
"""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flagfive.cluster import administrator
from flagfive.own_broker import OwnBroker, free_port
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import BrokerSettings, Settings, StorageSettings, StreamSettings, TopicsSettings
from tests.never_disturbed import assert_as_never_disturbed
from tests.stream_run import StreamRun

RECORDED = Path(__file__).parent / "previous_release.tar.xz"
MORE = 2_000


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[StreamRun]:
    """A broker with what the previous release has written, and the topics of this release."""
    settings = Settings(
        var=tmp_path,
        broker=BrokerSettings(bootstrap=f"127.0.0.1:{free_port()}"),
        topics=TopicsSettings(partitions=2),
        stream=StreamSettings(session_timeout_s=6.0, checkpoint_interval_s=0.5),
        storage=StorageSettings(url=f"sqlite:///{tmp_path}/flagfive.sqlite"),
    )
    (tmp_path / "broker").mkdir()
    with tarfile.open(RECORDED) as packed:
        packed.extractall(tmp_path / "broker", filter="data")
    with Processes(tmp_path / "log") as processes:
        OwnBroker.of(settings).start(processes)
        with administrator(settings.broker) as admin:
            ensure_topics(admin, planned_topics(settings))
        run = StreamRun(settings)
        try:
            yield run
        finally:
            run.end_all()


def test_transactions_of_both_releases_have_one_score_each(upgraded: StreamRun) -> None:
    """Scores of the previous release stay, what it left is finished, and profiles go on to the bit."""
    topics = upgraded.settings.topics
    old, scored_before = upgraded.count(topics.transactions), len(upgraded.scores())
    assert 0 < scored_before < old
    workers = [upgraded.start_worker(), upgraded.start_worker()]
    upgraded.sent = old
    upgraded.send_transactions(MORE, seed=3, cards=30, merchants=range(12))
    assert_as_never_disturbed(upgraded, old + MORE)
    assert all(worker.poll() is None for worker in workers)


def test_the_first_worker_continues_from_the_checkpoint_of_the_previous_release(upgraded: StreamRun) -> None:
    """Profiles are read from the checkpoint; folding everything again would take a large set-up hours."""
    worker = upgraded.start_worker()
    upgraded.wait_for_scores(upgraded.count(upgraded.settings.topics.transactions))
    restored = re.findall(r"(\d+) profiles restored, as of offset (\d+)", upgraded.log_of(worker))
    assert len(restored) == 4  # two entities on two partitions
    assert all(int(profiles) > 0 for profiles, _ in restored)
