"""The least rights on the cluster that each process needs, as Kafka's authorizer names them.

The monitor is not among them: it reads the database only. Kafka adds DESCRIBE to READ and WRITE by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contracts.answers_topic import answers_topic
from flagfive.errors import UserError
from flagfive.topic_plan import planned_topics
from settings import Settings

READ, WRITE, DESCRIBE = "READ", "WRITE", "DESCRIBE"
TOPIC, GROUP, TRANSACTIONAL_ID = "topic", "group", "transactional-id"


@dataclass(frozen=True)
class Right:
    """Operations on resources of one kind; `prefix` means every resource whose name starts so."""

    kind: str
    names: tuple[str, ...]
    operations: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True)
class Process:
    """A process or a person at the command line; each gets a user of its own."""

    name: str
    does: str
    rights: Callable[[Settings], list[Right]]

    @property
    def principal(self) -> str:
        """The user that `flagfive acls` assumes unless --principal names another."""
        return f"User:flagfive-{self.name}"


def _worker(settings: Settings) -> list[Right]:
    topics, entities, group = settings.topics, settings.entities, settings.stream.group
    between = [topics.stage_topic(entity.name) for entity in entities[1:]]
    between += [topics.returned] if len(entities) > 1 else []
    kept = [topics.checkpoint_topic(entity.name) for entity in entities]
    out = (topics.scores, topics.alerts, topics.shadow_alerts, topics.scored, topics.dead_letters)
    rights = [
        Right(TOPIC, (topics.transactions, topics.control), (READ,)),
        Right(TOPIC, (*between, *kept), (READ, WRITE)),
        Right(TOPIC, (*out, topics.control_acks), (WRITE,)),
        Right(GROUP, (group,), (READ,)),
    ]
    if settings.stream.delivery == "exactly_once":
        rights.append(Right(TOPIC, (topics.scored,), (READ,)))  # committed places are checked against it
        rights.append(Right(TRANSACTIONAL_ID, (f"{group}-",), (WRITE,), prefix=True))
    return rights


def _adapter(settings: Settings) -> list[Right]:
    topics = settings.topics
    return [
        Right(TOPIC, (topics.feedback, topics.control_acks, topics.shadow_alerts), (READ,)),
        Right(TOPIC, (topics.control,), (READ, WRITE)),
        Right(TOPIC, (answers_topic(topics.feedback),), (WRITE,)),
        Right(GROUP, (f"{settings.stream.group}-adapter", f"{settings.stream.group}-adapter-lists"), (READ,)),
    ]


def _recorder(settings: Settings) -> list[Right]:
    topics, group = settings.topics, settings.stream.group
    return [
        Right(
            TOPIC,
            (topics.scored, topics.alerts, topics.shadow_alerts, topics.control, topics.dead_letters),
            (READ,),
        ),
        Right(
            GROUP,
            (f"{group}-recorder", *([f"{group}-history"] if settings.history.location else [])),
            (READ,),
        ),
        Right(TOPIC, (topics.transactions,), (DESCRIBE,)),  # its id is part of the key of rows
    ]


def _console(settings: Settings) -> list[Right]:
    topics = settings.topics
    return [
        *_analyst(settings),
        Right(TOPIC, (topics.control_acks,), (READ,)),
        Right(TOPIC, (topics.transactions,), (DESCRIBE,)),
        Right(GROUP, (settings.stream.group,), (DESCRIBE,)),
    ]


def _analyst(settings: Settings) -> list[Right]:
    topics = settings.topics
    return [
        Right(TOPIC, (topics.feedback,), (WRITE,)),
        Right(TOPIC, (answers_topic(topics.feedback),), (READ,)),
    ]


def _decide(settings: Settings) -> list[Right]:
    topics = settings.topics
    return [
        Right(TOPIC, (topics.transactions,), (WRITE,)),
        Right(TOPIC, (topics.scored, topics.alerts, topics.dead_letters), (READ,)),
    ]


def _feed(settings: Settings) -> list[Right]:
    return [Right(TOPIC, (settings.topics.transactions,), (WRITE,))]


def _operator(settings: Settings) -> list[Right]:
    topics, group = settings.topics, settings.stream.group
    names = tuple(topic.name for topic in planned_topics(settings))
    return [
        Right(TOPIC, names, ("CREATE", DESCRIBE, "DESCRIBE_CONFIGS", "ALTER_CONFIGS")),
        Right(TOPIC, (topics.control,), (READ, WRITE)),
        Right(TOPIC, (topics.control_acks,), (READ,)),
        Right(GROUP, (group, f"{group}-recorder", f"{group}-adapter"), (DESCRIBE,)),
    ]


PROCESSES = {
    process.name: process
    for process in (
        Process("worker", "scores the stream", _worker),
        Process("adapter", "turns flags into detectors", _adapter),
        Process("recorder", "writes what was scored to the database", _recorder),
        Process("console", "sends the requests of analysts", _console),
        Process("decide", "answers payments over HTTP with a decision", _decide),
        Process("feed", "sends transactions: produce, simulate, your own producer", _feed),
        Process(
            "analyst",
            "a person at the command line: flag, label, approve, retire, rollback, rules, lists, suppress",
            _analyst,
        ),
        Process("operator", "a person or job that runs topics, status, promote, keys and restore", _operator),
    )
}
"""Every user of the cluster by name."""


def process_named(name: str) -> Process:
    """Return the process of that name.

    Raises:
        UserError: there is none; the message lists all.
    """
    if name not in PROCESSES:
        raise UserError(f"there is no process {name!r}. Allowed: {', '.join(PROCESSES)}")
    return PROCESSES[name]
