"""The name of the topic of the answers, and its creation by the first client or worker that needs it."""

from __future__ import annotations

from kafka.admin import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError, TopicAuthorizationFailedError

from contracts.broker import Broker, kafka_python_options
from contracts.outage import RECONNECT


def answers_topic(feedback: str) -> str:
    """Name of the topic that answers the requests on the topic `feedback`.

    >>> answers_topic("feedback")
    'feedback-answers'
    """
    return f"{feedback}-answers"


def create_topic(broker: Broker, name: str) -> None:
    """Create a topic of one partition, with the broker's default replication, unless it exists."""
    admin = KafkaAdminClient(**kafka_python_options(broker), **RECONNECT)
    try:
        if name not in admin.list_topics():
            admin.create_topics(
                {name: {"num_partitions": 1, "replication_factor": -1}}, wait_for_metadata=True
            )
    except TopicAlreadyExistsError:
        pass
    except TopicAuthorizationFailedError:
        # A topic that the user may not read looks as if it did not exist.
        raise TopicAuthorizationFailedError(name) from None
    finally:
        admin.close()
