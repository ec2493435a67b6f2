"""Appends rows to the table of the history store, each exactly once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.table import Table

from storage.errors import StorageError
from storage.history.columns import DAY, history_schema, kinds_in
from storage.history.marks import Marks
from storage.history.outage import away_as_unavailable
from storage.history.place import HistoryPlace
from storage.history.reading import HistoryReader

log = logging.getLogger(__name__)

RETRIES: Final = "commit.retry.num-retries"
_PROPERTIES: Final = {
    # pyiceberg must not repeat a commit on top of another writer's: the marks would be out of date.
    RETRIES: "0",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
    "commit.manifest-merge.enabled": "true",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.metrics.column.features": "none",
}
MOST_ATTEMPTS: Final = 20
"""Commits of one append: compaction and other recorders commit to the same table."""


class HistoryContended(StorageError):
    """Other writers were faster each time."""


class NoHistory(StorageError):
    """The catalogue has no table of that name."""


@dataclass(frozen=True)
class Appended:
    """What an append did.

    Attributes:
        stored: new rows.
        repeated: rows that were stored already.
    """

    stored: int
    repeated: int


class HistoryStore:
    """The table. Not safe for use by two threads.

    Args:
        catalog: the catalogue of the table.
        table: the table.
    """

    def __init__(self, catalog: Catalog, table: Table) -> None:
        self._catalog = catalog
        self.table = table

    @classmethod
    def open(cls, place: HistoryPlace, kinds: Sequence[str] | None = None) -> HistoryStore:
        """Open the table.

        Args:
            place: where it is.
            kinds: entities of the rows to append: the table, or a column that is missing, is created; None
                opens a table that exists.

        Raises:
            NoHistory: `kinds` is None and there is no such table.
            StorageUnavailable: the catalogue or the files cannot be reached.
        """
        with away_as_unavailable(place.url):
            catalog = place.open_catalog()
            if kinds is None:
                try:
                    return cls(catalog, catalog.load_table(place.table))
                except NoSuchTableError as error:
                    raise NoHistory(f"{place.url} holds no table {place.table}") from error
            catalog.create_namespace_if_not_exists(place.table.rsplit(".", 1)[0])
            if not catalog.table_exists(place.table):
                _create(catalog, place.table, kinds)
            store = cls(catalog, catalog.load_table(place.table))
            store._have_columns(kinds)
            return store

    def append(self, rows: pa.Table) -> Appended:
        """Store those of the rows that are new.

        1. Load the newest snapshot with its marks.
        2. Leave out rows at or before the marks.
        3. Write the others to Parquet files by day.
        4. Commit a snapshot with these files and the new marks, if the snapshot of 1 is still the newest.

        If another writer was faster, begin again. A crash before 4 leaves files that no snapshot names;
        `Upkeep.sweep` deletes them. A crash after 4 loses nothing: a repeat is left out in 2.

        Args:
            rows: columns of `history_schema`; of each partition in the order of offsets.

        Raises:
            StorageUnavailable: the catalogue or the files cannot be reached; the outcome may be unknown.
            HistoryContended: other writers were faster `MOST_ATTEMPTS` times.
        """
        with away_as_unavailable(self.table.location()):
            for _ in range(MOST_ATTEMPTS):
                self.table.refresh()
                marks = self.marks()
                new = marks.new_rows(rows["source_partition"].to_numpy(), rows["source_offset"].to_numpy())
                fresh = rows if new.all() else rows.filter(pa.array(new))
                done = Appended(fresh.num_rows, rows.num_rows - fresh.num_rows)
                if not done.stored:
                    return done
                try:
                    self.table.append(self._aligned(fresh), marks.after(fresh).properties())
                except CommitFailedException:
                    log.info("history: another writer was faster, trying again")
                else:
                    return done
        raise HistoryContended(f"{MOST_ATTEMPTS} commits to {self.table.location()} failed in a row")

    def marks(self) -> Marks:
        """Return the marks of the loaded snapshot; from the rows if another program's commits hide them."""
        found = Marks.of_table(self.table)
        if found is not None:
            return found
        log.warning("history: no snapshot carries offsets, reading them from the rows")
        marks = Marks()
        for batch in HistoryReader(self.table).batches(["source_partition", "source_offset"]):
            marks = marks.after(pa.Table.from_batches([batch]))
        return marks

    @property
    def kinds(self) -> list[str]:
        """Kinds of entities whose keys are stored."""
        return kinds_in(self.table.schema().column_names)

    def _have_columns(self, kinds: Sequence[str]) -> None:
        wanted = history_schema(kinds)
        if set(wanted.names) - set(self.table.schema().column_names):
            with self.table.update_schema() as update:
                update.union_by_name(wanted)
        if self.table.properties.get(RETRIES) != "0":
            with self.table.transaction() as transaction:
                transaction.set_properties({RETRIES: "0"})

    def _aligned(self, rows: pa.Table) -> pa.Table:
        """Return the rows with every column of the table."""
        schema, present = history_schema(self.kinds), set(rows.column_names)
        columns = [
            rows[field.name].cast(field.type) if field.name in present else pa.nulls(len(rows), field.type)
            for field in schema
        ]
        return pa.Table.from_arrays(columns, schema=schema)


def _create(catalog: Catalog, name: str, kinds: Sequence[str]) -> None:
    """Create the table with its partitions in one commit."""
    made = catalog.create_table_transaction(name, history_schema(kinds), properties=_PROPERTIES)
    with made, made.update_spec() as spec:
        spec.add_identity(DAY)
