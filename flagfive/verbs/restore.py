"""`flagfive restore`: write the control log again from the database."""

from typing import TYPE_CHECKING

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from control.restoring import Sealed
    from settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback(epilog="Example: flagfive restore control")
def restore() -> None:
    """Write a lost topic again from the database."""


@app.command(epilog="Example: flagfive restore control")
def control(context: typer.Context) -> None:
    """Write the last entry of each key of the control log to an empty topic, as it was signed.

    Use it after the topic was lost, or in a cluster without it: create the topic with `flagfive topics`
    first. Workers then have in force what was in force before. Entries that do not verify are left out.
    """
    from control.errors import ControlLogUnavailable
    from control.restoring import TopicNotEmpty, write_entries
    from flagfive.cluster import BrokerAway
    from flagfive.keys import control_key

    settings = settings_of(context)
    key = control_key(settings)
    try:
        written = write_entries(settings.broker, settings.topics.control, key, _stored(settings))
    except TopicNotEmpty as error:
        raise UserError(str(error)) from None
    except ControlLogUnavailable as error:
        raise BrokerAway(settings.broker.bootstrap, str(error)) from None
    print(f"{written.entries} entries are on {settings.topics.control!r}, {written.left_out} left out")


def _stored(settings: "Settings") -> "list[Sealed]":
    from control.restoring import Sealed
    from storage import UnitOfWork, migrate, open_engine

    engine = open_engine(settings.storage.url)
    try:
        migrate.require_newest(engine)
        with UnitOfWork(engine, reads_only=True) as unit:
            return [
                Sealed(f"{e.kind}/{e.entry_id}".encode(), e.value, e.control_offset)
                for e in unit.control.last_of_each_key()
            ]
    finally:
        engine.dispose()
