"""Opens a labelled file, shows progress, and words its errors; shared by `replay` and `backtest`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flagfive.errors import UserError
from replay.mapping import Mapping, WrongMapping, bundled_for, read_mapping
from replay.progress import Progress
from replay.table import TableFile, UnreadableTable


def open_table(file: Path, mapping: Path | None) -> tuple[TableFile, Mapping]:
    """Open a labelled file.

    Args:
        file: CSV or Parquet file.
        mapping: mapping file; None takes a bundled mapping that fits.

    Returns:
        The file and its mapping.

    Raises:
        UserError: the file or the mapping cannot be read, or no bundled mapping fits.
    """
    try:
        table = TableFile(file, as_text=True)
        chosen = read_mapping(mapping) if mapping else bundled_for(table.columns)
    except (WrongMapping, UnreadableTable) as error:
        raise UserError(str(error)) from None
    if chosen is None:
        raise UserError(
            f"{file}: no bundled mapping fits. Create one with: flagfive inspect {file} --out mapping.toml"
        )
    return table, chosen


@contextmanager
def report_progress(table: TableFile) -> Iterator[Progress]:
    """Show a progress bar while the block runs.

    Args:
        table: the file that is read.

    Yields:
        A function to report progress with.

    Raises:
        UserError: the block found something wrong with the file.
    """
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

            def update(stage: str, done: int, rows: int) -> None:
                progress.update(task, description=stage, completed=done, total=rows or None)

            yield update
    except (BadRow, UnfitFile, NothingToLearn, Unmeasurable, WrongMapping, UnreadableTable) as error:
        raise UserError(str(error)) from None
