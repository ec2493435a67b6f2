"""The ids that a cluster gives to its topics; a recreated topic has another id under the same name."""

from __future__ import annotations

from collections.abc import Sequence

from kafka import KafkaAdminClient
from kafka.errors import TopicAuthorizationFailedError

NO_ID = "00000000-0000-0000-0000-000000000000"
"""What brokers before 2.8 answer, whose topics have no ids."""


def topic_ids(admin: KafkaAdminClient, names: Sequence[str]) -> dict[str, str]:
    """Return the UUID of each topic that exists and has one, by name.

    Args:
        admin: client of the cluster.
        names: names of topics.

    Raises:
        KafkaError: the broker does not answer, or the user may not describe a topic.
    """
    described = admin.describe_topics(list(names))
    if hidden := {
        one["name"] for one in described if one["error_code"] == TopicAuthorizationFailedError.errno
    }:
        refused = TopicAuthorizationFailedError(hidden)
        refused.operation = "DESCRIBE"
        raise refused
    found = {one["name"]: str(one.get("topic_id") or NO_ID) for one in described}
    return {name: identity for name, identity in found.items() if identity != NO_ID}
