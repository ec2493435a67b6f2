"""Connects to a Kafka cluster as an administrator."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from contracts.broker import Broker, kafka_python_options
from contracts.broker_tls import TlsFileUnusable
from contracts.broker_token import TokenUnavailable
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


class BrokerRefuses(UserError):
    """A broker listens, but the connection as the section [broker] describes it fails; `cause` says why."""


def answers(broker: Broker) -> bool:
    """Return whether a broker answers and may lead partitions (is not fenced)."""
    try:
        with administrator(broker) as admin:
            brokers = admin.describe_cluster()["brokers"]
            return any(not one.get("is_fenced", False) for one in brokers)
    except (BrokerAway, BrokerRefuses, KafkaError):
        return False


@contextmanager
def administrator(broker: Broker) -> Iterator[KafkaAdminClient]:
    """Open an admin client for the block.

    Args:
        broker: the cluster and how to connect to it.

    Yields:
        The client.

    Raises:
        BrokerAway: no Kafka broker answers.
        BrokerRefuses: a broker listens, but TLS or SASL fails.
    """
    if not any(_listens(address) for address in broker.bootstrap.split(",")):
        raise BrokerAway(broker.bootstrap, "nothing listens there")
    admin = _connected(broker)
    try:
        yield admin
    finally:
        admin.close()


def _connected(broker: Broker) -> KafkaAdminClient:
    from flagfive.broker_diagnosis import cause_of_failure

    # The client logs each failed attempt. Suppress that: the user gets one message of ours.
    log = logging.getLogger("kafka")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        return KafkaAdminClient(
            **kafka_python_options(broker),
            bootstrap_timeout_ms=BOOTSTRAP_MS,
            request_timeout_ms=REQUEST_MS,
        )
    except (TlsFileUnusable, TokenUnavailable) as error:
        raise BrokerRefuses(str(error)) from None
    except (KafkaError, OSError, ValueError) as error:
        if cause := cause_of_failure(broker):
            raise BrokerRefuses(f"the broker at {broker.bootstrap} refuses the connection: {cause}") from None
        raise BrokerAway(broker.bootstrap, type(error).__name__) from None
    finally:
        log.setLevel(level)


def silent(broker: Broker) -> list[str]:
    """Return the addresses of broker.bootstrap at which nothing listens."""
    return [address for address in broker.bootstrap.split(",") if not _listens(address)]


def _listens(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), CONNECT_SECONDS):
            return True
    except OSError:
        return False
