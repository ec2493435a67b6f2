"""Keeps the history store small, quick and lawful: joins files, drops old days, erases entities."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Final

import pyarrow as pa
import pyarrow.fs as pafs
from pyiceberg.exceptions import CommitFailedException, ValidationException
from pyiceberg.expressions import BooleanExpression, EqualTo
from pyiceberg.io.pyarrow import PyArrowFileIO, _dataframe_to_data_files
from pyiceberg.manifest import DataFile

from storage.history.columns import DAY, DAY_S, ENTITY
from storage.history.outage import away_as_unavailable
from storage.history.reading import HistoryFile, HistoryReader
from storage.history.store import MOST_ATTEMPTS, HistoryContended, HistoryStore

log = logging.getLogger(__name__)

SMALL: Final = 64 * 1024 * 1024
"""Bytes; smaller files are joined."""
MOST_ROWS: Final = 500_000
"""Rows of a joined file: about 85 MB of Parquet, and 400 MB of memory while it is written."""
FEWEST_FILES: Final = 4
GRACE_S: Final = 6 * 3600.0
"""Files that no snapshot names are deleted at this age: a writer may be about to name them."""


@dataclass
class Compacted:
    """What a compaction did.

    Attributes:
        before: files that were joined.
        after: files that they became.
        rows: rows in them.
    """

    before: int = 0
    after: int = 0
    rows: int = 0


class Upkeep:
    """Upkeep of an open store. Recorders may append at the same time.

    Args:
        store: the open store.
    """

    def __init__(self, store: HistoryStore) -> None:
        self._store = store

    def compact(self) -> Compacted:
        """Join the small files of each day, in the order of partition and offset.

        Of each group of files: write the joined file, and replace the files in one commit. A crash before
        the commit changes nothing.

        Raises:
            StorageUnavailable: the catalogue or the files cannot be reached.
            HistoryContended: other writers were faster each time.
        """
        done = Compacted()
        self._store.table.refresh()
        for group in _groups(HistoryReader(self._store.table).files()):
            reader = HistoryReader(self._store.table)
            rows = pa.Table.from_batches(list(reader.batches(reader.names, files=group)))
            ordered = rows.sort_by([("source_partition", "ascending"), ("source_offset", "ascending")])
            with away_as_unavailable(self._store.table.location()):
                table = self._store.table
                joined = list(_dataframe_to_data_files(table.metadata, ordered, table.io))
                if self._replace([one.path for one in group], joined):
                    done.before += len(group)
                    done.after += len(joined)
                    done.rows += rows.num_rows
        return done

    def _replace(self, old: Sequence[str], new: Sequence[DataFile]) -> bool:
        """Replace files in one commit; return False if another writer has replaced one of them."""
        table, paths = self._store.table, set(old)
        for _ in range(MOST_ATTEMPTS):
            table.refresh()
            present = {task.file.file_path: task.file for task in table.scan().plan_files()}
            if not paths <= present.keys():
                return False
            try:
                with table.transaction() as transaction:
                    update = transaction.update_snapshot(self._store.marks().properties())
                    with update.overwrite() as overwrite:
                        for path in old:
                            overwrite.delete_data_file(present[path])
                        for one in new:
                            overwrite.append_data_file(one)
            except (CommitFailedException, ValidationException):
                log.info("history: another writer was faster, trying again")
            else:
                return True
        raise HistoryContended(f"{MOST_ATTEMPTS} commits to {table.location()} failed in a row")

    def drop_before(self, event_time: float) -> int:
        """Drop whole days that end at or before an event time.

        Args:
            event_time: seconds since 1970.

        Returns:
            Rows of these days.
        """
        day = date(1970, 1, 1) + timedelta(days=int(event_time // DAY_S))
        return self._delete(f"{DAY} < '{day.isoformat()}'")

    def erase(self, kind: str, key: str) -> int:
        """Delete the rows of an entity, and forget the snapshots that hold them.

        Files with such rows are written again without them. `sweep` deletes the old files.

        Args:
            kind: such as `card`.
            key: the key of the entity.

        Returns:
            Rows of the entity.
        """
        if kind not in self._store.kinds:
            return 0
        # An expression, not text: a key may hold quotes. mypy takes the class's fields for its arguments.
        erased = self._delete(EqualTo(ENTITY + kind, key))  # type: ignore[call-arg]
        self.expire_snapshots(0.0)
        return erased

    def _delete(self, where: str | BooleanExpression) -> int:
        """Delete rows in one commit; return their number."""
        table = self._store.table
        with away_as_unavailable(table.location()):
            for _ in range(MOST_ATTEMPTS):
                table.refresh()
                before = HistoryReader(self._store.table).count()
                try:
                    table.delete(where, self._store.marks().properties())
                except (CommitFailedException, ValidationException):
                    log.info("history: another writer was faster, trying again")
                else:
                    return before - HistoryReader(self._store.table).count()
        raise HistoryContended(f"{MOST_ATTEMPTS} commits to {table.location()} failed in a row")

    def expire_snapshots(self, older_than_s: float) -> int:
        """Forget the snapshots of an age, but never the newest; return their number."""
        table = self._store.table
        with away_as_unavailable(table.location()):
            table.refresh()
            before = len(table.snapshots())
            limit = datetime.fromtimestamp(time.time() - older_than_s, UTC)
            table.maintenance.expire_snapshots().older_than(limit).commit()
            table.refresh()
            return before - len(table.snapshots())

    def sweep(self, older_than_s: float = GRACE_S) -> int:
        """Delete files that no snapshot names, left by dropped days, joined files and crashes.

        Args:
            older_than_s: seconds since a file was written; a younger one may belong to a commit in progress.

        Returns:
            Number of deleted files.
        """
        table = self._store.table
        io = table.io
        assert isinstance(io, PyArrowFileIO)
        with away_as_unavailable(table.location()):
            table.refresh()
            scheme, host, root = io.parse_location(table.location(), io.properties)
            files, limit = io.fs_by_scheme(scheme, host), time.time() - older_than_s
            named = {io.parse_location(path, io.properties)[2] for path in self._named()}
            listed = files.get_file_info(pafs.FileSelector(root, recursive=True, allow_not_found=True))
            gone = [
                one.path
                for one in listed
                if one.is_file and one.path not in named and one.mtime_ns is not None
                and one.mtime_ns / 1e9 < limit
            ]  # fmt: skip
            for path in gone:
                files.delete_file(path)
        return len(gone)

    def _named(self) -> Iterator[str]:
        """Yield every file that the table needs: metadata, manifests and data of all snapshots."""
        table, seen = self._store.table, set[str]()
        yield table.metadata_location
        yield from (entry.metadata_file for entry in table.metadata.metadata_log)
        for snapshot in table.snapshots():
            yield snapshot.manifest_list
            for manifest in snapshot.manifests(table.io):
                if manifest.manifest_path not in seen:
                    seen.add(manifest.manifest_path)
                    yield manifest.manifest_path
                    for entry in manifest.fetch_manifest_entry(table.io, discard_deleted=True):
                        yield entry.data_file.file_path


def _groups(files: Sequence[HistoryFile]) -> Iterator[list[HistoryFile]]:
    """Yield the small files of a day in groups of at most `MOST_ROWS` rows; half of that is not small."""
    small = [one for one in files if one.size < SMALL and one.rows <= MOST_ROWS // 2]
    for _, of_day in groupby(small, key=lambda one: one.day):
        group, rows = list[HistoryFile](), 0
        for one in of_day:
            if group and rows + one.rows > MOST_ROWS:
                yield group
                group, rows = [], 0
            group.append(one)
            rows += one.rows
        if len(group) >= FEWEST_FILES:
            yield group
