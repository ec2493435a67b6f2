"""Gathers what `flagfive status` shows: from broker, control log, acknowledgements and database."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec

from contracts.consumer_lag import ends_of, lags_of, offsets_of
from flagfive.process_report import ProcessStatus, check_processes
from flagfive.topic_plan import partitions_of, planned_topics
from settings import Settings

if TYPE_CHECKING:
    from contracts.acknowledgement import Acknowledgement
    from contracts.signing.trust import Trust
    from control.keys import ControlKey
    from control.listing import Listing
    from storage.episodes import Episode


@dataclass(frozen=True)
class GroupLag:
    """The lag of a consumer group in records; the end marker of a Kafka transaction counts as one."""

    group: str
    topic: str
    state: str
    lag: int


@dataclass(frozen=True)
class Stored:
    """The content of the database; `problem` says why it cannot be read."""

    scored: int = 0
    stored_days: float = 0.0
    """Days of event time that the stored transactions span."""
    scored_per_s: float = 0.0
    alerts_open: int = 0
    episodes: dict[str, int] = field(default_factory=dict)
    alarms: dict[str, list[str]] = field(default_factory=dict)
    """Subjects of each open alarm, by alarm."""
    proposals: dict[str, str] = field(default_factory=dict)
    """Proposals of the adaptation worker, by detector id."""
    refined: dict[str, str] = field(default_factory=dict)
    """What refining found, by detector id."""
    parked: int = 0
    """Requests of the console that could not be sent."""
    problem: str | None = None


@dataclass(frozen=True)
class StatusReport:
    """Everything that the screen shows; `control` is None without a signing key."""

    bootstrap: str
    brokers: int
    topics: dict[str, int]
    """Records by topic."""
    missing_topics: list[str]
    lags: list[GroupLag]
    acks: "dict[int, Acknowledgement]"
    partitions: int
    control: "Listing | None"
    stored: Stored
    processes: list[ProcessStatus]
    """Processes of this machine."""


def gather(
    settings: Settings, admin: KafkaAdminClient, key: "ControlKey | None", trust: "Trust | None"
) -> StatusReport:
    """Gather the report.

    Args:
        settings: the settings.
        admin: client of the cluster.
        key: verifies control entries; None leaves them out.
        trust: verifies acknowledgements; None leaves them out.

    Returns:
        The report.
    """
    from control.acknowledgements import read_acks
    from control.listing import list_entries

    names = [topic.name for topic in planned_topics(settings)]
    present = partitions_of(admin, planned_topics(settings))
    ends = _ends(admin, present)
    topics = settings.topics
    newest = {}
    if trust is not None:
        newest = read_acks(settings.broker, topics.control_acks, topics.partitions, trust).newest
    return StatusReport(
        bootstrap=settings.broker.bootstrap,
        brokers=len(admin.describe_cluster()["brokers"]),
        topics=_records(admin, ends),
        missing_topics=[name for name in names if name not in present],
        lags=_lags(admin, settings.stream.group, ends),
        acks=newest,
        partitions=topics.partitions,
        control=list_entries(settings.broker, topics.control, key) if key else None,
        stored=_stored(settings),
        processes=list(check_processes(settings)),
    )


def _ends(admin: KafkaAdminClient, present: dict[str, int]) -> dict[TopicPartition, int]:
    return ends_of(admin, [TopicPartition(t, p) for t, n in present.items() for p in range(n)])


def _records(admin: KafkaAdminClient, ends: dict[TopicPartition, int]) -> dict[str, int]:
    starts = offsets_of(admin, ends, OffsetSpec.EARLIEST)
    records: dict[str, int] = {}
    for partition, end in ends.items():
        records[partition.topic] = records.get(partition.topic, 0) + end - starts[partition]
    return records


def _lags(admin: KafkaAdminClient, group: str, ends: dict[TopicPartition, int]) -> list[GroupLag]:
    states = {g["group_id"]: str(g["group_state"]) for g in admin.list_groups()}
    ours = [name for name in (group, f"{group}-recorder", f"{group}-adapter") if name in states]
    lags: dict[tuple[str, str], int] = {}
    for one in lags_of(admin, ours, ends):
        lags[one.group, one.topic] = lags.get((one.group, one.topic), 0) + one.lag
    return [GroupLag(name, topic, states[name], lag) for (name, topic), lag in sorted(lags.items())]


def _stored(settings: Settings) -> Stored:
    from sqlalchemy import func, select

    from monitoring.alarms import open_alarms
    from storage import StorageError, UnitOfWork, migrate, open_engine
    from storage.episodes import LIVE, REFINED, Episode

    engine = open_engine(settings.storage.url)
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=True) as unit:
            ranges = unit.transactions.offset_ranges().values()
            live = unit.episodes.with_status(LIVE)
            episodes = select(Episode.status, func.count()).group_by(Episode.status)
            return Stored(
                scored=sum(high - low + 1 for low, high in ranges),
                stored_days=unit.transactions.stored_days(),
                scored_per_s=unit.transactions.recent_rate(now=time.time()),
                alerts_open=unit.alerts.count(status="open"),
                parked=len(unit.outbox.parked()),
                episodes={row.status: row[1] for row in unit.session.execute(episodes)},
                alarms={name: row.details["subjects"] for name, row in open_alarms(unit).items()},
                proposals={
                    episode.detector_id: said
                    for episode in live
                    if episode.detector_id and (said := _proposal(episode))
                },
                refined={
                    episode.detector_id: episode.details[REFINED]["said"]
                    for episode in live
                    if episode.detector_id and REFINED in episode.details
                },
            )
    except StorageError as error:
        return Stored(problem=str(error))
    finally:
        engine.dispose()


def _proposal(episode: "Episode") -> str:
    """What the adaptation worker asks of a person about a live episode; empty where it asks nothing."""
    waits = f"approve what joined, or retire: {episode.growth_waits}" if episode.growth_waits else None
    return "; ".join(filter(None, (waits, episode.details.get("proposal"))))
