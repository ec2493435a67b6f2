"""Writes thousands of rows in one statement on both databases; repeated rows do no harm."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.orm import Session

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Upsert:
    """Inserts rows, or updates those whose keys are stored already.

    All names are constants of the repositories and never come from input.
    """

    table: str
    columns: tuple[str, ...]
    """Order of the values of a row."""
    keys: tuple[str, ...]
    """Columns that identify a row."""
    update: tuple[str, ...] = ()
    """Columns that a stored row takes from the new one; without any, the stored row stays as it is."""

    def run(self, session: Session, rows: Iterable[Row]) -> int:
        """Write rows without committing.

        Args:
            session: the session of the unit of work.
            rows: values in the order of `columns`, as the driver takes them; JSON as text.

        Returns:
            Rows that were inserted or updated; those that were stored already do not count.
        """
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            return self._many(connection, rows)
        return self._copy(connection, rows)

    def _many(self, connection: Connection, rows: Iterable[Row]) -> int:
        values = list(rows)
        if not values:
            return 0
        marks = ", ".join("?" * len(self.columns))
        return connection.exec_driver_sql(self._insert(f"VALUES ({marks})"), values).rowcount

    def _copy(self, connection: Connection, rows: Iterable[Row]) -> int:
        """Use COPY into a temporary table, then one INSERT .. SELECT: far faster than a statement per row."""
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
        # One statement may not update a row twice, so repeats among the rows are dropped first.
        inserted = connection.exec_driver_sql(
            self._insert(f"SELECT DISTINCT ON ({', '.join(self.keys)}) {names} FROM {staging}")
        ).rowcount
        connection.exec_driver_sql(f"TRUNCATE {staging}")
        return inserted

    def _insert(self, source: str) -> str:
        new = ", ".join(f"{name} = excluded.{name}" for name in self.update)
        action = f"DO UPDATE SET {new}" if new else "DO NOTHING"
        return (
            f"INSERT INTO {self.table} ({', '.join(self.columns)}) {source}"
            f" ON CONFLICT ({', '.join(self.keys)}) {action}"
        )
