"""`flagfive database`: migrate the tables, and divide a PostgreSQL database among roles."""

from typing import Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

app = typer.Typer(add_completion=False, no_args_is_help=True)


class NotMigrated(UserError):
    """The database cannot be reached or migrated."""


class WrongSchema(UserError):
    """The value of `--schema` is not a plain name."""

    exit_code = 2


@app.callback(epilog="Example: flagfive database roles | psql flagfive")
def database() -> None:
    """Migrate the tables, and divide a PostgreSQL database among roles."""


@app.command(epilog="Example: flagfive database migrate")
def migrate(context: typer.Context) -> None:
    """Bring tables and indexes up to date.

    Every process does this at its start if its role may. Run it by itself where only the role
    `flagfive_migrations` may, before the processes of a new release start.
    """
    from sqlalchemy.exc import DBAPIError

    from storage import migrate as migrations
    from storage import open_engine
    from storage.entity_index import index_entities

    settings = settings_of(context)
    engine = open_engine(settings.storage.url)
    try:
        migrations.upgrade(engine)
        index_entities(engine, [entity.name for entity in settings.entities])
    except DBAPIError as error:
        raise NotMigrated(f"cannot migrate the database: {error.orig}") from None
    print(f"the tables are at revision {migrations.current(engine)}")


@app.command(epilog="Example: flagfive database roles | psql flagfive")
def roles(
    schema: Annotated[str, typer.Option(help="Schema that holds the tables.")] = "public",
) -> None:
    """Print SQL that makes three PostgreSQL roles: for migrations, for writers, and for readers.

    With it, the role that processes use can neither change the audit log's entries nor drop its triggers.
    """
    from storage.postgresql_roles import roles_sql

    try:
        print(roles_sql(schema), end="")
    except ValueError as error:
        raise WrongSchema(str(error)) from None
