"""Opens a labelled file, shows progress, and words its errors; shared by `replay` and `backtest`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flagfive.errors import UserError
from flagfive.progress import shown_progress
from replay.mapping import Mapping, WrongMapping, bundled_for, read_mapping
from replay.progress import Progress
from replay.table import TableFile, UnreadableTable


def open_table(file: Path, mapping: Path | None) -> tuple[TableFile, Mapping]:
    """Open a labelled file.

    Args:
        file: CSV, JSON lines or Parquet file, folder or pattern.
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
def report_progress() -> Iterator[Progress]:
    """Show the progress of work on a file while the block runs.

    Yields:
        A function to report progress with.

    Raises:
        UserError: the block found something wrong with the file.
    """
    from replay.fold import NothingToLearn
    from replay.measures import Unmeasurable
    from replay.reading import BadRow
    from replay.survey import UnfitFile
    from replay.tasks import ProcessEnded

    try:
        with shown_progress() as show:
            yield show
    except (
        BadRow, UnfitFile, NothingToLearn, Unmeasurable, WrongMapping, UnreadableTable, ProcessEnded
    ) as error:  # fmt: skip
        raise UserError(str(error)) from None
