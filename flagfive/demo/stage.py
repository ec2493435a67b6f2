"""Starts the processes of a demo: broker, topics and verbs."""

import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contracts.suggested_flags import FILE as SUGGESTED_FLAGS
from flagfive.cluster import administrator
from flagfive.errors import UserError
from flagfive.own_broker import OwnBroker, broker_is_given
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import Settings

# Marks a folder whose broker and database a demo created; only such data is deleted by the next demo.
MARKER = ".made-by-flagfive-demo"

Print = Callable[[str], None]


class NotADemosFolder(UserError):
    """The folder holds a broker or database that no demo created."""


@dataclass(frozen=True)
class Verb:
    """A process of the demo: a verb with its arguments."""

    name: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that only this process gets."""


def demo_settings(settings: Settings) -> Settings:
    """Return the settings of one demo; on a cluster of the user, topics and group get a random prefix."""
    if not broker_is_given():
        return settings
    prefix = f"demo-{secrets.token_hex(3)}-"
    stream = settings.stream.model_copy(update={"group": prefix + settings.stream.group})
    return settings.model_copy(update={"topics": settings.topics.prefixed(prefix), "stream": stream})


def start_empty(settings: Settings) -> None:
    """Delete broker and database of an earlier demo.

    Args:
        settings: the settings of this demo.

    Raises:
        NotADemosFolder: the folder holds other data; nothing was deleted.
    """
    marker = settings.var / MARKER
    held = [path for path in (settings.var / "broker", _database(settings)) if path and path.exists()]
    if held and not marker.exists():
        raise NotADemosFolder(
            f"{settings.var} holds data that no demo created ({', '.join(path.name for path in held)}). "
            "Choose another folder with FLAGFIVE_VAR=FOLDER, or delete the data with ./run clean"
        )
    settings.var.mkdir(parents=True, exist_ok=True)
    marker.touch()
    (settings.var / SUGGESTED_FLAGS).unlink(missing_ok=True)  # its payments are gone
    for path in held:
        shutil.rmtree(path) if path.is_dir() else _remove_database(path)


def start_broker(settings: Settings, processes: Processes, print_step: Print) -> None:
    """Start a broker unless FLAGFIVE_BROKER names one, then create the topics.

    Args:
        settings: the settings of this demo.
        processes: the set of child processes.
        print_step: shows what happens.
    """
    if broker_is_given():
        print_step(f"using the broker at {settings.broker.bootstrap}")
    else:
        print_step("starting Apache Kafka")
        OwnBroker.of(settings).start(processes)
    with administrator(settings.broker) as admin:
        ensure_topics(admin, planned_topics(settings))


def start_verbs(
    settings: Settings, processes: Processes, command: Callable[..., list[str]], verbs: Sequence[Verb]
) -> None:
    """Start verbs as child processes with these settings.

    Args:
        settings: the settings of this demo.
        processes: the set of child processes.
        command: returns the command line of a verb.
        verbs: the verbs to start.
    """
    for verb in verbs:
        environment = {**environment_of(settings), **verb.environment}
        processes.start(verb.name, command(verb.name, *verb.arguments), environment=environment)


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the variables that give child processes the topics and the group of this demo."""
    topics = {f"FLAGFIVE_TOPICS__{name}".upper(): str(value) for name, value in settings.topics}
    return {**topics, "FLAGFIVE_STREAM__GROUP": settings.stream.group}


def _database(settings: Settings) -> Path | None:
    prefix = "sqlite:///"
    url = settings.storage.url
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None


def _remove_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):  # files that SQLite keeps beside the database
        path.with_name(path.name + suffix).unlink(missing_ok=True)
