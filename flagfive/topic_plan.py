"""The topics and their configuration; `docs/architecture.md` describes what each carries."""

from dataclasses import dataclass

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from contracts.answers_topic import answers_topic
from flagfive.errors import UserError
from settings import Settings

HOUR_MS = 3_600_000
MIB = 1024 * 1024


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
    # Retention counts from arrival, so that a wrong event time cannot delete a record early or keep it
    # longer.
    arrival = {**kept, "message.timestamp.type": "LogAppendTime"}
    dead = {**kept, "max.message.bytes": str(topics.max_dead_letter_bytes)}
    many = [
        (topics.transactions, arrival),
        *((topics.stage_topic(entity.name), kept) for entity in entities[1:]),
        (topics.returned, kept),
        (topics.scores, kept),
        (topics.alerts, kept),
        (topics.shadow_alerts, kept),
        (topics.scored, kept),
        (topics.dead_letters, dead),
        *((topics.checkpoint_topic(entity.name), _compacted(settings)) for entity in entities),
    ]
    # These topics have one partition, since all readers need the same order.
    single = [
        (topics.control, _compacted(settings)),
        (topics.control_acks, kept),
        (topics.feedback, arrival),  # whether a request is fresh counts from its arrival too
        (answers_topic(topics.feedback), kept),
    ]
    return [PlannedTopic(name, topics.partitions, topics.replication, configs) for name, configs in many] + [
        PlannedTopic(name, 1, topics.replication, configs) for name, configs in single
    ]


def ensure_topics(admin: KafkaAdminClient, plan: list[PlannedTopic]) -> dict[str, str]:
    """Create missing topics and correct differing configurations.

    Args:
        admin: client of the cluster.
        plan: topics as they must be.

    Returns:
        For each topic `created`, `as planned` or `set: KEY=VALUE, ...`.

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
            outcome[topic.name] = _set_differences(admin, topic)
    return outcome


def partitions_of(admin: KafkaAdminClient, plan: list[PlannedTopic]) -> dict[str, int]:
    """Return the number of partitions of each planned topic that exists."""
    names = {topic.name for topic in plan}.intersection(admin.list_topics())
    described = admin.describe_topics(sorted(names)) if names else []
    return {topic["name"]: len(topic["partitions"]) for topic in described}


def _kept(settings: Settings) -> dict[str, str]:
    topics = settings.topics
    return {
        "cleanup.policy": "delete",
        "max.message.bytes": str(topics.max_message_bytes),
        "retention.ms": str(int(topics.retention_hours * HOUR_MS)),
    }


def _compacted(settings: Settings) -> dict[str, str]:
    return {
        "cleanup.policy": "compact",
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


def _set_differences(admin: KafkaAdminClient, topic: PlannedTopic) -> str:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic.name)
    answer = admin.describe_configs([resource], config_filter="all")["topic"][topic.name]
    different = {key: value for key, value in topic.configs.items() if str(answer[key]["value"]) != value}
    if not different:
        return "as planned"
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, configs=different)])
    return "set: " + ", ".join(f"{key}={value}" for key, value in different.items())
