"""Start what the story is played on: broker, topics, base, scorer, recorder, adaptation worker."""

import os
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flagfive.cluster import administrator
from flagfive.errors import UserError
from flagfive.own_broker import OwnBroker, broker_is_given
from flagfive.processes import Processes
from flagfive.topic_plan import ensure_topics, planned_topics
from settings import Settings

KEY_VARIABLE = "FLAGFIVE_CONTROL_KEY"
# Whoever started it may remove what it left: a demo begins with an empty broker and database.
MARKER = ".made-by-flagfive-demo"

Print = Callable[[str], None]


class NotADemosFolder(UserError):
    """The folder holds a broker or database that no demo made."""


@dataclass(frozen=True)
class Verb:
    """A process of the demo: a verb and its arguments."""

    name: str
    arguments: Sequence[str] = ()


def demo_settings(settings: Settings) -> Settings:
    """Settings of one demo. On a cluster of the user's, topics and group get a name of their own."""
    if not broker_is_given():
        return settings
    prefix = f"demo-{secrets.token_hex(3)}-"
    stream = settings.stream.model_copy(update={"group": prefix + settings.stream.group})
    return settings.model_copy(update={"topics": settings.topics.prefixed(prefix), "stream": stream})


def start_empty(settings: Settings) -> None:
    """Remove what an earlier demo left. Raises NotADemosFolder rather than touch anything else."""
    marker = settings.var / MARKER
    held = [path for path in (settings.var / "broker", _database(settings)) if path and path.exists()]
    if held and not marker.exists():
        raise NotADemosFolder(
            f"{settings.var} holds data that no demo made ({', '.join(path.name for path in held)}). Choose "
            "another folder with FLAGFIVE_VAR=FOLDER, or remove it with ./run clean"
        )
    settings.var.mkdir(parents=True, exist_ok=True)
    marker.touch()
    for path in held:
        shutil.rmtree(path) if path.is_dir() else _remove_database(path)


def start_broker(settings: Settings, processes: Processes, print_step: Print) -> None:
    """A broker of our own, unless the user named a cluster; then the topics."""
    if broker_is_given():
        print_step(f"using the broker at {settings.broker.bootstrap}")
    else:
        print_step("starting Apache Kafka")
        OwnBroker.of(settings).start(processes)
    with administrator(settings.broker.bootstrap) as admin:
        ensure_topics(admin, planned_topics(settings))


def start_verbs(
    settings: Settings, processes: Processes, command: Callable[..., list[str]], verbs: Sequence[Verb]
) -> None:
    """Start the verbs as child processes under these settings."""
    for verb in verbs:
        processes.start(verb.name, command(verb.name, *verb.arguments), environment=environment_of(settings))


def ensure_key() -> None:
    """A signing key for this demo alone, unless the environment has one; children inherit it."""
    os.environ.setdefault(KEY_VARIABLE, secrets.token_urlsafe(32))


def environment_of(settings: Settings) -> dict[str, str]:
    """What child processes must know beyond the settings file: names that are this demo's own."""
    topics = {f"FLAGFIVE_TOPICS__{name}".upper(): str(value) for name, value in settings.topics}
    return {**topics, "FLAGFIVE_STREAM__GROUP": settings.stream.group}


def _database(settings: Settings) -> Path | None:
    prefix = "sqlite:///"
    url = settings.storage.url
    return Path(url.removeprefix(prefix)) if url.startswith(prefix) else None


def _remove_database(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):  # SQLite's own files beside the database
        path.with_name(path.name + suffix).unlink(missing_ok=True)
