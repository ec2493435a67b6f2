"""This release takes over what the previous release has written, in the middle of its work.

`previous_release.tar.xz` holds the data of a broker and a database after the previous release was killed:
transactions with and without a score, messages between stages that were not read yet, checkpoints, a control
log, and places of the groups. README.md says how it was recorded.
"""

from __future__ import annotations

import re
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from flagfive.cluster import administrator
from flagfive.own_broker import OwnBroker, free_port
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import BrokerSettings, Settings, StorageSettings, StreamSettings, TopicsSettings
from storage import StorageError, UnitOfWork, open_engine
from storage.scored_transactions import ScoredTransaction
from tests.never_disturbed import assert_as_never_disturbed
from tests.stream_run import ROOT, StreamRun, environment_of
from tests.waiting import until

RECORDED = Path(__file__).parent / "previous_release.tar.xz"
MORE = 2_000
WITHIN_S = 240.0

pytestmark = pytest.mark.timeout(900)  # on a slow machine, workers and test compile kernels for minutes


@dataclass
class Upgraded:
    """A broker and a database of the previous release, with the topics of this one.

    Attributes:
        run: topics and workers.
        processes: the set that other processes join.
    """

    run: StreamRun
    processes: Processes

    def start_recorder(self) -> None:
        environment = {**environment_of(self.run.settings), "PYTHONPATH": str(ROOT)}
        environment["FLAGFIVE_STORAGE__URL"] = self.run.settings.storage.url
        command = [sys.executable, "-m", "flagfive", "recorder"]
        self.processes.start("recorder", command, environment=environment, folder=ROOT)

    def recorded(self) -> int:
        """Return the number of scores in the database; opening it brings its tables up to date."""
        engine = open_engine(self.run.settings.storage.url)
        try:
            with UnitOfWork(engine, reads_only=True) as unit:
                return unit.session.scalar(select(func.count()).select_from(ScoredTransaction)) or 0
        except StorageError:
            return 0
        finally:
            engine.dispose()


@pytest.fixture
def upgraded(tmp_path: Path) -> Iterator[Upgraded]:
    settings = Settings(
        var=tmp_path,
        broker=BrokerSettings(bootstrap=f"127.0.0.1:{free_port()}"),
        topics=TopicsSettings(partitions=2),
        stream=StreamSettings(session_timeout_s=6.0, checkpoint_interval_s=0.5),
        storage=StorageSettings(url=f"sqlite:///{tmp_path}/flagfive.sqlite"),
    )
    with tarfile.open(RECORDED) as packed:
        packed.extractall(tmp_path, filter="data")
    with Processes(tmp_path / "log") as processes:
        OwnBroker.of(settings).start(processes)
        with administrator(settings.broker) as admin:
            ensure_topics(admin, planned_topics(settings))
        run = StreamRun(settings)
        try:
            yield Upgraded(run, processes)
        finally:
            run.end_all()


def test_transactions_of_both_releases_have_one_score_each(upgraded: Upgraded) -> None:
    """Scores stay, what the previous release left is finished, and profiles continue bit-identically."""
    run = upgraded.run
    before, scored_before = run.count(run.settings.topics.transactions), len(run.scores())
    assert 0 < scored_before < before
    workers = [run.start_worker(), run.start_worker()]
    run.sent = before
    run.send_transactions(MORE, seed=3, cards=30, merchants=range(12))
    assert_as_never_disturbed(run, before + MORE)
    assert all(worker.poll() is None for worker in workers)
    restored = re.findall(r"(\d+) profiles restored", "".join(map(run.log_of, workers)))
    assert len(restored) >= 4  # two entities on two partitions, more where the group rebalanced
    assert all(int(profiles) > 0 for profiles in restored)
    upgraded.start_recorder()
    until(lambda: upgraded.recorded() >= before + MORE, what="all scores in the database", within_s=WITHIN_S)
    assert upgraded.recorded() == before + MORE
