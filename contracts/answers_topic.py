"""The topic of the answers, made by whoever is first to ask or to answer."""

from __future__ import annotations

from kafka.admin import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from contracts.outage import RECONNECT


def create_topic(bootstrap: str, name: str) -> None:
    """Create a topic of one partition with the broker's replication, if it does not exist."""
    admin = KafkaAdminClient(bootstrap_servers=bootstrap, **RECONNECT)
    try:
        if name not in admin.list_topics():
            admin.create_topics(
                {name: {"num_partitions": 1, "replication_factor": -1}}, wait_for_metadata=True
            )
    except TopicAlreadyExistsError:
        pass
    finally:
        admin.close()
