"""What the verbs that go through a labelled file share: opening it, progress, and errors in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flagfive.errors import UserError
from replay.mapping import Mapping, WrongMapping, bundled_for, read_mapping
from replay.progress import Progress
from replay.table import TableFile, UnreadableTable


def open_table(file: Path, mapping: Path | None) -> tuple[TableFile, Mapping]:
    """The file and its mapping, a bundled one where it fits. Raises UserError."""
    try:
        table = TableFile(file, as_text=True)
        chosen = read_mapping(mapping) if mapping else bundled_for(table.columns)
    except (WrongMapping, UnreadableTable) as error:
        raise UserError(str(error)) from None
    if chosen is None:
        raise UserError(
            f"{file}: no bundled mapping fits; `flagfive inspect {file} --out mapping.toml` makes one"
        )
    return table, chosen


@contextmanager
def report_progress(table: TableFile) -> Iterator[Progress]:
    """A bar for what is under way; what is wrong with the file becomes a UserError."""
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from replay.fold import NothingToLearn
    from replay.measures import Unmeasurable
    from replay.reading import BadRow
    from replay.survey import UnfitFile

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    try:
        with Bar(*columns, transient=True) as progress:
            task = progress.add_task("checking", total=table.rows())

            def tell(stage: str, done: int, rows: int) -> None:
                progress.update(task, description=stage, completed=done, total=rows or None)

            yield tell
    except (BadRow, UnfitFile, NothingToLearn, Unmeasurable, WrongMapping, UnreadableTable) as error:
        raise UserError(str(error)) from None
