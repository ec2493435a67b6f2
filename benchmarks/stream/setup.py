"""One broker for all rows, and a set of topics for each row."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from control.announce import Announcer
from control.keys import ControlKey
from control.promote import announce_artifacts
from flagfive.cluster import administrator
from flagfive.own_broker import OwnBroker, broker_is_given, free_port
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.threshold import first_threshold
from settings import BrokerSettings, MetricsSettings, Settings, StreamSettings, TopicsSettings
from settings.variables import variables_of

PARTITIONS = 4
SECRET = "the key of a benchmark, used in one run"  # signs the control log of one run
CLONE = Path(__file__).resolve().parents[2]


@contextmanager
def one_broker(folder: Path) -> Iterator[str]:
    """Yield the address of FLAGFIVE_BROKER, else of a temporary broker with its data in `folder`."""
    if broker_is_given():
        yield os.environ["FLAGFIVE_BROKER"]
        return
    address = f"127.0.0.1:{free_port()}"
    settings = Settings(var=folder, broker=BrokerSettings(bootstrap=address))
    with Processes(folder / "log") as processes:
        OwnBroker.of(settings).start(processes)
        yield address


def fresh_settings(bootstrap: str, var: Path, delivery: str, *, transactions: str | None = None) -> Settings:
    """Return settings with new topic names, not yet created; `transactions` names a shared topic."""
    prefix = f"b{uuid.uuid4().hex[:8]}-"
    topics = TopicsSettings(partitions=PARTITIONS).prefixed(prefix)
    if transactions is not None:
        topics = topics.model_copy(update={"transactions": transactions})
    return Settings(
        var=var / prefix.rstrip("-"),
        broker=BrokerSettings(bootstrap=bootstrap),
        topics=topics,
        stream=StreamSettings(group=prefix + "flagfive", delivery=delivery),
        metrics=MetricsSettings(worker_port=0),
    )


def create_topics(settings: Settings) -> None:
    with administrator(settings.broker) as admin:
        ensure_topics(admin, planned_topics(settings))


@contextmanager
def topics_of(settings: Settings, *, keep: str | None = None) -> Iterator[None]:
    """Create the topics of `settings`, and delete them afterwards to free the disk, except `keep`."""
    create_topics(settings)
    try:
        yield
    finally:
        names = {topic.name for topic in planned_topics(settings)} - {keep}
        with administrator(settings.broker) as admin:
            admin.delete_topics(sorted(names))


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the settings as environment variables for a child process."""
    variables = {
        "FLAGFIVE_VAR": str(settings.var),
        "FLAGFIVE_CONTROL_KEY": SECRET,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(CLONE),
    }
    variables |= variables_of(settings, ("broker", "topics", "stream", "metrics"))
    entities = [entity.model_dump() for entity in settings.entities]
    return {**variables, "FLAGFIVE_ENTITIES": msgspec.json.encode(entities).decode()}


def announce_shipped(settings: Settings, genuine: Floats) -> None:
    """Put the shipped networks in force, with tails fitted to genuine rows, raw features float32 (n, d)."""
    artifacts = Artifacts.load()
    announcer = Announcer(settings.broker, settings.topics.control, ControlKey.single(SECRET))
    try:
        announce_artifacts(
            announcer,
            artifacts,
            Tails.fit(artifacts.base.score(genuine)),
            threshold=first_threshold(settings.budget.alert_rate),
            author="benchmark",
            reason="shipped artifacts",
        )
    finally:
        announcer.close()
