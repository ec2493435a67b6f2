"""Connects to a Kafka cluster as an administrator."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from flagfive.errors import UserError

CONNECT_SECONDS = 1.0
BOOTSTRAP_MS = 5_000
REQUEST_MS = 10_000


class BrokerAway(UserError):
    """No broker answers at the configured address."""

    def __init__(self, bootstrap: str, reason: str) -> None:
        super().__init__(
            f"no Kafka broker answers at {bootstrap} ({reason}). Start one with: flagfive broker start. "
            "Or use a running one: FLAGFIVE_BROKER=host:port"
        )


def answers(bootstrap: str) -> bool:
    """Return whether a broker at `bootstrap` (host:port) answers and may lead partitions (is not fenced)."""
    try:
        with administrator(bootstrap) as admin:
            brokers = admin.describe_cluster()["brokers"]
            return any(not broker.get("is_fenced", False) for broker in brokers)
    except (BrokerAway, KafkaError):
        return False


@contextmanager
def administrator(bootstrap: str) -> Iterator[KafkaAdminClient]:
    """Open an admin client for the block.

    Args:
        bootstrap: host:port of the cluster, several separated by commas.

    Yields:
        The client.

    Raises:
        BrokerAway: no Kafka broker answers at `bootstrap`.
    """
    if not any(_listens(address) for address in bootstrap.split(",")):
        raise BrokerAway(bootstrap, "nothing listens there")
    admin = _connected(bootstrap)
    try:
        yield admin
    finally:
        admin.close()


def _connected(bootstrap: str) -> KafkaAdminClient:
    # The client logs each failed attempt. Suppress that: the user gets one message of ours.
    log = logging.getLogger("kafka")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        return KafkaAdminClient(
            bootstrap_servers=bootstrap.split(","),
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            request_timeout_ms=REQUEST_MS,
        )
    except (KafkaError, OSError, ValueError) as error:
        raise BrokerAway(bootstrap, type(error).__name__) from None
    finally:
        log.setLevel(level)


def _listens(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), CONNECT_SECONDS):
            return True
    except OSError:
        return False
