"""Thousands of rows in one statement, repeats harmless, on both databases."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Upsert:
    """Rows go into `table`; one whose `keys` are there already overwrites the columns `update`, if any.

    Names are constants of the repositories, never input; `columns` is the order of each row's values.
    """

    table: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    update: tuple[str, ...] = ()

    def run(self, session: Session, rows: Iterable[Row]) -> None:
        """Write `rows`; values must be what the driver takes (JSON as text). Does not commit."""
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            self._many(connection, rows)
        else:
            self._copy(connection, rows)

    def _many(self, connection: Connection, rows: Iterable[Row]) -> None:
        values = list(rows)
        if values:
            marks = ", ".join("?" * len(self.columns))
            connection.exec_driver_sql(self._insert(f"VALUES ({marks})"), values)

    def _copy(self, connection: Connection, rows: Iterable[Row]) -> None:
        """COPY into a temporary table, then one INSERT .. SELECT: far faster than a statement a row."""
        staging, names = f"staging_{self.table}", ", ".join(self.columns)
        connection.exec_driver_sql(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging} ON COMMIT DELETE ROWS"
            f" AS SELECT {names} FROM {self.table} WITH NO DATA"
        )
        driver = connection.connection.driver_connection
        assert driver is not None
        with driver.cursor() as cursor, cursor.copy(f"COPY {staging} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        # One statement may not update a row twice, so repeats within the batch are dropped first.
        connection.exec_driver_sql(
            self._insert(f"SELECT DISTINCT ON ({', '.join(self.keys)}) {names} FROM {staging}")
        )
        connection.exec_driver_sql(f"TRUNCATE {staging}")

    def _insert(self, source: str) -> str:
        new = ", ".join(f"{name} = excluded.{name}" for name in self.update)
        action = f"DO UPDATE SET {new}" if new else "DO NOTHING"
        return (
            f"INSERT INTO {self.table} ({', '.join(self.columns)}) {source}"
            f" ON CONFLICT ({', '.join(self.keys)}) {action}"
        )
