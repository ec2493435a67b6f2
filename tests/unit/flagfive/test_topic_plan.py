"""The planned topics and their settings."""

import re
from pathlib import Path

import pytest

from flagfive.topic_plan import cuts, planned_topics
from settings import EntitySettings, Settings, TopicsSettings

PLAN = {topic.name: topic for topic in planned_topics(Settings())}


def topics_of_the_architecture() -> set[str]:
    """Return the topics in the table of docs/architecture.md; the two kinds per entity as prefixes."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "architecture.md").read_text("utf-8")
    table = page.split("\n## Topics\n")[1].split("\n## ")[0]
    return set(re.findall(r"^\| `([a-z-]+)(?:<entity>)?`", table, re.MULTILINE))


def test_the_topics_of_the_architecture_are_planned_and_no_others() -> None:
    planned = {re.sub(r"^(hop-|checkpoint-).*", r"\1", name) for name in PLAN}
    assert planned == topics_of_the_architecture()


def test_only_state_is_compacted() -> None:
    compacted = {name for name, topic in PLAN.items() if topic.configs["cleanup.policy"] == "compact"}
    assert compacted == {"control", "checkpoint-card", "checkpoint-merchant"}
    assert not any("retention.ms" in PLAN[name].configs for name in compacted)


def test_only_transactions_may_be_compressed() -> None:
    free = {name for name, topic in PLAN.items() if topic.configs.get("compression.type") != "uncompressed"}
    assert free == {"transactions"}


def test_the_control_log_has_one_order() -> None:
    assert PLAN["control"].partitions == 1


def test_a_dead_letter_has_room_for_the_largest_record_in_base64() -> None:
    largest = int(PLAN["transactions"].configs["max.message.bytes"])
    assert largest == 16 * 1024 * 1024
    assert int(PLAN["dead-letters"].configs["max.message.bytes"]) > largest * 4 / 3


def test_the_clock_of_the_broker_sets_the_time_of_records_and_no_other_clock() -> None:
    assert {topic.configs["message.timestamp.type"] for topic in PLAN.values()} == {"LogAppendTime"}


def test_each_further_entity_has_a_stage_and_each_entity_a_checkpoint() -> None:
    entities = tuple(EntitySettings(name=name, field=name) for name in ("account", "device", "ip"))
    names = {topic.name for topic in planned_topics(Settings(entities=entities))}
    assert {name for name in names if name.startswith("hop-")} == {"hop-device", "hop-ip"}
    assert {"checkpoint-account", "checkpoint-device", "checkpoint-ip"} <= names


def test_with_three_copies_a_write_counts_once_two_brokers_have_it() -> None:
    def in_sync(replication: int) -> set[str | None]:
        settings = Settings(topics=TopicsSettings(replication=replication))
        return {topic.configs.get("min.insync.replicas") for topic in planned_topics(settings)}

    assert in_sync(1) == in_sync(2) == {None}
    assert in_sync(3) == in_sync(5) == {"2"}


@pytest.mark.parametrize(
    ("key", "now", "planned", "expected"),
    [
        ("retention.ms", "-1", "1000", True),
        ("retention.ms", "2000", "1000", True),
        ("retention.ms", "500", "1000", False),
        ("cleanup.policy", "compact", "delete", True),
        ("cleanup.policy", "compact,delete", "delete", False),
        ("max.message.bytes", "2000", "1000", True),
        ("min.insync.replicas", "1", "2", False),
        ("segment.bytes", "2000", "1000", False),
    ],
)
def test_what_cuts_an_existing_topic(key: str, now: str, planned: str, expected: bool) -> None:
    assert cuts(key, now, planned) is expected
