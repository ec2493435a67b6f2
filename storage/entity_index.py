"""Indexes that find the transactions of an entity: one for each kind that the configuration names."""

import re
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Engine, String, literal_column, text

_KIND = re.compile(r"[a-z][a-z0-9_]{0,30}")


def key_of(kind: str, dialect: str) -> ColumnElement[str]:
    """The key of one kind of entity, written as the index has it, or the database would not see that it fits.

    Raises ValueError for a name that is none: it becomes part of the statement.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError(f"entity {kind!r}: allowed are a-z, 0-9 and _, 31 at most")
    read = f"json_extract(entities, '$.{kind}')" if dialect == "sqlite" else f"(entities ->> '{kind}')"
    return literal_column(read, String)


def index_entities(engine: Engine, kinds: Iterable[str]) -> None:
    """Make what is missing; on a large table the first time takes a second per half a million rows."""
    with engine.begin() as connection:
        for kind in kinds:
            connection.execute(
                text(
                    f"CREATE INDEX IF NOT EXISTS ix_scored_transactions_of_{kind}"
                    f" ON scored_transactions ({key_of(kind, engine.dialect.name)}, event_time)"
                )
            )
