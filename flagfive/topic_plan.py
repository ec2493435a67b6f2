"""The topics and their configuration; `docs/architecture.md` describes what each carries."""

from collections.abc import Collection
from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from contracts.answers_topic import answers_topic
from flagfive.errors import UserError
from settings import Settings

HOUR_MS = 3_600_000
# The broker's clock sets the time of records. With the writer's, a wrong clock would delete records early or
# keep them longer, and a broker refuses records that are more than an hour ahead of it. Whether a request is
# fresh, and which transaction is a repeat, counts from arrival too.
ARRIVAL = {"message.timestamp.type": "LogAppendTime"}
MIB = 1024 * 1024
# With three copies a write is stored on two brokers before it counts, so that one broker may fail.
COPIES_FOR_IN_SYNC, IN_SYNC = 3, 2


class TopicsDiffer(UserError):
    """A topic exists with another number of partitions than the settings."""


@dataclass(frozen=True)
class PlannedTopic:
    """One topic as it must be; `configs` holds what differs from the defaults of the broker."""

    name: str
    partitions: int
    replication: int
    configs: dict[str, str]


def planned_topics(settings: Settings) -> list[PlannedTopic]:
    """Return every topic of the settings; the stage of the primary entity reads `transactions` itself."""
    topics, entities = settings.topics, settings.entities
    kept = _kept(settings)
    # The broker stores these uncompressed. So it refuses a batch that would grow beyond the limit, and
    # readers need no limit of their own. `transactions` may be compressed: there the worker has one.
    ours = {**kept, "compression.type": "uncompressed"}
    dead = {**ours, "max.message.bytes": str(topics.max_dead_letter_bytes)}
    many = [
        (topics.transactions, kept),
        *((topics.stage_topic(entity.name), ours) for entity in entities[1:]),
        (topics.returned, ours),
        (topics.scores, ours),
        (topics.alerts, ours),
        (topics.shadow_alerts, ours),
        (topics.scored, ours),
        (topics.dead_letters, dead),
        *((topics.checkpoint_topic(entity.name), _compacted(settings)) for entity in entities),
    ]
    # These topics have one partition, since all readers need the same order.
    single = [
        (topics.control, _compacted(settings)),
        (topics.control_acks, ours),
        (topics.feedback, ours),
        (answers_topic(topics.feedback), ours),
    ]
    safe = {"min.insync.replicas": str(IN_SYNC)} if topics.replication >= COPIES_FOR_IN_SYNC else {}
    return [
        PlannedTopic(name, count, topics.replication, configs | safe)
        for count, some in ((topics.partitions, many), (1, single))
        for name, configs in some
    ]


def ensure_topics(
    admin: KafkaAdminClient, plan: list[PlannedTopic], shorten: Collection[str] = ()
) -> dict[str, str]:
    """Create missing topics and correct differing configurations.

    A topic does not show who created it. So what an existing topic allows is never cut: records are not
    deleted earlier, and records that fit before still fit.

    Args:
        admin: client of the cluster.
        plan: topics as they must be.
        shorten: names of topics for which also that is set.

    Returns:
        For each topic `created`, `as planned`, or `set: KEY=VALUE, ...` and `left: KEY=VALUE (planned ...)`.

    Raises:
        TopicsDiffer: a topic has another number of partitions; nothing was changed.
    """
    present = partitions_of(admin, plan)
    _refuse_other_partitions(plan, present)
    missing = [topic for topic in plan if topic.name not in present]
    if missing:
        admin.create_topics({topic.name: _options(topic) for topic in missing}, wait_for_metadata=True)
    outcome = {topic.name: "created" for topic in missing}
    for topic in plan:
        if topic.name in present:
            outcome[topic.name] = _set_differences(admin, topic, shorten=topic.name in shorten)
    return outcome


def partitions_of(admin: KafkaAdminClient, plan: list[PlannedTopic]) -> dict[str, int]:
    """Return the number of partitions of each planned topic that exists."""
    names = {topic.name for topic in plan}.intersection(admin.list_topics())
    described = admin.describe_topics(sorted(names)) if names else []
    return {topic["name"]: len(topic["partitions"]) for topic in described}


def cuts(key: str, now: str, planned: str) -> bool:
    """Return whether setting `key` from `now` to `planned` would cut what an existing topic allows.

    Example:
        >>> cuts("retention.ms", now="-1", planned="604800000")
        True
        >>> cuts("cleanup.policy", now="delete", planned="compact")
        False
    """
    if key == "cleanup.policy":
        return "delete" in planned and "delete" not in now
    if key in ("retention.ms", "max.message.bytes", "min.insync.replicas"):
        return int(now) < 0 or int(now) > int(planned)
    return False


def _kept(settings: Settings) -> dict[str, str]:
    topics = settings.topics
    return {
        **ARRIVAL,
        "cleanup.policy": "delete",
        "max.message.bytes": str(topics.max_message_bytes),
        "retention.ms": str(int(topics.retention_hours * HOUR_MS)),
    }


def _compacted(settings: Settings) -> dict[str, str]:
    return {
        **ARRIVAL,
        "cleanup.policy": "compact",
        "compression.type": "uncompressed",
        "max.message.bytes": str(settings.topics.max_message_bytes),
        # Small segments and early cleaning: a starting worker reads little more than the newest rows.
        "segment.bytes": str(32 * MIB),
        "min.cleanable.dirty.ratio": "0.2",
    }


def _options(topic: PlannedTopic) -> dict[str, object]:
    return {
        "num_partitions": topic.partitions,
        "replication_factor": topic.replication,
        "configs": topic.configs,
    }


def _refuse_other_partitions(plan: list[PlannedTopic], present: dict[str, int]) -> None:
    other = [topic for topic in plan if present.get(topic.name, topic.partitions) != topic.partitions]
    if other:
        names = ", ".join(f"{topic.name} has {present[topic.name]}" for topic in other)
        raise TopicsDiffer(
            f"topics.partitions is {other[0].partitions}, but {names}. The number of existing topics cannot "
            "change, since keys would move between partitions. Set it back, or use new topic names"
        )


def _set_differences(admin: KafkaAdminClient, topic: PlannedTopic, *, shorten: bool) -> str:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    answer = admin.describe_configs([resource], config_filter="all")["topic"][topic.name]
    now = {key: str(answer[key]["value"]) for key in topic.configs}
    different = {key: value for key, value in topic.configs.items() if now[key] != value}
    left = {key: value for key, value in different.items() if not shorten and cuts(key, now[key], value)}
    if _copies(admin, topic.name) < COPIES_FOR_IN_SYNC and "min.insync.replicas" in different:
        left["min.insync.replicas"] = different["min.insync.replicas"]  # it would refuse every write
    changed = {key: value for key, value in different.items() if key not in left}
    if changed:
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=changed)])
    done = ", ".join(f"{key}={value}" for key, value in changed.items())
    kept = ", ".join(f"{key}={now[key]} (planned {value})" for key, value in left.items())
    said = [*([f"set: {done}"] if done else []), *([f"left: {kept}"] if kept else [])]
    return "; ".join(said) or "as planned"


def _copies(admin: KafkaAdminClient, name: str) -> int:
    partitions = admin.describe_topics([name])[0]["partitions"]
    return min(len(partition["replica_nodes"]) for partition in partitions)
