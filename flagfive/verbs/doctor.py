"""`flagfive doctor`: check that everything is in place that the other verbs need."""

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from settings import BrokerSettings, Settings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive doctor --process worker")
def doctor(
    context: typer.Context,
    process: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PROCESS",
            help="Check that the user of [broker] has the rights of this process, such as worker; repeat it "
            "for others. `flagfive acls` lists the processes.",
        ),
    ] = None,
) -> None:
    """Check settings, Java, disk, broker, rights, topics, database and signing key; show what is missing.

    It changes and installs nothing. Exit code 1 if something is missing.
    """
    settings = settings_of(context)
    print("ok       settings: all keys and values are allowed")
    missing = 0
    for name, check in checks(settings, process or ()):
        try:
            print(f"ok       {name}: {check()}", flush=True)
        except UserError as error:
            missing += 1
            print(f"missing  {name}: {error}", flush=True)
    if missing:
        raise typer.Exit(1)


def checks(settings: "Settings", processes: Iterable[str] = ()) -> Iterator[tuple[str, Callable[[], str]]]:
    """List the checks.

    Args:
        settings: the settings.
        processes: names of the processes whose rights are checked.

    Yields:
        Name of a check, and a function that returns what it found or raises UserError with the remedy.
    """
    from flagfive.own_broker import broker_is_given

    yield "python", lambda: sys.version.split()[0]
    if not broker_is_given():
        yield "java", _java
        yield "kafka", _jars
    yield "disk", lambda: _disk(settings)
    if settings.transaction.format != "json":
        yield "schema registry", lambda: _registry(settings)
    yield "broker", lambda: _broker(settings)
    for name in processes:
        yield f"rights of the {name}", lambda name=name: _rights(settings, name)  # type: ignore[misc]
    yield "topics", lambda: _topics(settings)
    yield "copies", lambda: _copies(settings)
    yield "cards", lambda: _cards(settings)
    yield "database", lambda: _database(settings)
    yield "signing keys", lambda: _key(settings)


def _java() -> str:
    from flagfive.java import JAVA_PACKAGES, find_java, java_version

    java = find_java()
    if java is None:
        raise UserError(f"Java 17 or newer is not installed; sudo apt-get install {JAVA_PACKAGES[0]}")
    return f"{java}, version {java_version(java)}"


def _jars() -> str:
    from flagfive.jars import jars_folder

    folder = jars_folder()
    if not folder.is_dir():
        raise UserError("the jars of the broker are not fetched yet; `flagfive broker start` fetches them")
    return str(folder)


def _disk(settings: "Settings") -> str:
    place = next(folder for folder in (settings.var, *settings.var.parents) if folder.is_dir())
    free = shutil.disk_usage(place).free // 2**20
    if free < settings.broker.min_free_disk_mb:
        raise UserError(f"{free} MiB free at {place}, {settings.broker.min_free_disk_mb} are needed")
    return f"{free} MiB free at {place}"


def _registry(settings: "Settings") -> str:
    import asyncio

    from contracts.broker_tls import TlsFileUnusable
    from stream.registry.client import NoSuchSchema, Registry, RegistryAway

    async def ask() -> list[str]:
        registry = Registry(settings.registry)
        try:
            return await registry.kinds()
        finally:
            await registry.close()

    try:
        kinds = asyncio.run(ask())
    except (NoSuchSchema, RegistryAway, TlsFileUnusable) as error:
        raise UserError(f"no answer that can be used: {error}") from None
    kind = settings.transaction.format.upper()
    if kind not in kinds:
        raise UserError(f"the registry has no schemas of {kind}, only of {', '.join(kinds)[:200]}")
    return f"{settings.registry.url} answers"


def _broker(settings: "Settings") -> str:
    from flagfive.cluster import administrator, silent

    with administrator(settings.broker) as admin:
        brokers = admin.describe_cluster()["brokers"]
    away = [f"{address} does not answer" for address in silent(settings.broker)]
    return "; ".join([f"{len(brokers)} at {settings.broker.bootstrap}, {_how(settings.broker)}", *away])


def _how(broker: "BrokerSettings") -> str:
    """Say how the connection is secured; passwords in clear text deserve a warning."""
    if broker.security_protocol == "PLAINTEXT":
        return "PLAINTEXT"
    if not broker.sasl_mechanism:
        return "TLS with a client certificate" if broker.certificate_file else "TLS"
    who = f" as {broker.user}" if broker.user else ""
    clear = (
        "; without TLS, others on the network can read it" if "SSL" not in broker.security_protocol else ""
    )
    return f"{broker.security_protocol} {broker.sasl_mechanism}{who}{clear}"


def _rights(settings: "Settings", name: str) -> str:
    from kafka.errors import KafkaError

    from flagfive.cluster import administrator
    from flagfive.rights import process_named
    from flagfive.rights_check import missing_rights

    process = process_named(name)
    try:
        with administrator(settings.broker) as admin:
            missing = missing_rights(admin, process.rights(settings))
    except KafkaError as error:
        raise UserError(f"the cluster does not answer: {error}") from None
    if missing:
        raise UserError(f"{', '.join(missing)}; `flagfive acls {name}` prints the commands that give them")
    return "complete"


def _topics(settings: "Settings") -> str:
    from flagfive.cluster import administrator
    from flagfive.topic_plan import partitions_of, planned_topics

    plan = planned_topics(settings)
    with administrator(settings.broker) as admin:
        present = partitions_of(admin, plan)
    absent = [topic.name for topic in plan if topic.name not in present]
    if absent:
        raise UserError(f"{', '.join(absent)} do not exist; `flagfive topics` creates them")
    return f"{len(plan)} exist"


def _copies(settings: "Settings") -> str:
    from kafka.errors import KafkaError

    from flagfive.cluster import administrator
    from flagfive.copies import check_copies, copies_of
    from flagfive.topic_plan import COPIES_FOR_IN_SYNC, IN_SYNC, partitions_of, planned_topics

    try:
        with administrator(settings.broker) as admin:
            found = copies_of(admin, partitions_of(admin, planned_topics(settings)))
    except KafkaError as error:
        raise UserError(f"the cluster does not answer: {error}") from None
    return check_copies(found, IN_SYNC if settings.topics.replication >= COPIES_FOR_IN_SYNC else 1)


def _cards(settings: "Settings") -> str:
    from kafka.errors import KafkaError, TopicAuthorizationFailedError

    from flagfive.card_places import card_places

    try:
        cards, misplaced, transactions, repeated = card_places(settings)
    except TopicAuthorizationFailedError:
        return f"not looked at: this user may not read {settings.topics.transactions}"
    except KafkaError as error:
        raise UserError(f"the cluster does not answer: {error}") from None
    if misplaced:
        card, at = misplaced[0]
        raise UserError(
            f"{len(misplaced)} of {cards} recent cards are on several partitions, such as {card} on "
            f"{', '.join(map(str, at))}; key transactions by card, with one partitioner for all producers"
        )
    again = f"; {repeated} of {transactions} recent transactions came again under their id"
    return f"each of {cards} recent cards is on one partition{again if repeated else ''}"


def _database(settings: "Settings") -> str:
    from sqlalchemy.exc import SQLAlchemyError

    from storage import open_engine

    prefix = "sqlite:///"
    file = settings.storage.url.removeprefix(prefix)
    if settings.storage.url.startswith(prefix) and not Path(file).exists():
        return f"the first verb that writes creates {file}"
    try:
        engine = open_engine(settings.storage.url)
        with engine.connect():
            return f"{engine.dialect.name} answers"
    except (SQLAlchemyError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise UserError(f"storage.url cannot be opened: {reason}") from None


def _key(settings: "Settings") -> str:
    from flagfive.keys import key_folder

    folder = key_folder(settings)
    if folder.exists:
        return f"{len(folder.registry().principals)} principals in {folder.path}"
    if settings.control.key is not None:
        return "all are derived from FLAGFIVE_CONTROL_KEY"
    return f"the first process that starts makes them in {folder.path}"
