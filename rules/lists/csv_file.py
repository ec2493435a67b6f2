"""Lists as CSV: a header, then a value a line with its end, reason and source."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TextIO

from rules.errors import RuleError
from rules.lists.bucket import Listed
from rules.lists.change import Row, check_terms, check_value

COLUMNS: Final = ("value", "until", "reason", "source")
EXPORTED: Final = (*COLUMNS, "by", "added")
"""The last two are written by `export` and passed over by `import`."""


@dataclass
class ReadFile:
    """Values of a file.

    Attributes:
        rows: Each value once, by value; of repeated ones the last line counts.
        repeated: Lines whose value a later line repeats.
        bad: What is wrong, by number of the line.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    repeated: int = 0
    bad: dict[int, str] = field(default_factory=dict)


def read_csv(lines: Iterable[str], default: Row, most: int) -> ReadFile:
    """Read a file.

    Args:
        lines: Its text; the first line names the columns, of which `value` is needed.
        default: End, reason and source of the lines that leave them empty.
        most: Values that a list may have.

    Raises:
        RuleError: The header is wrong, or there are too many values.
    """
    reader = csv.reader(lines, strict=True)
    found = ReadFile()
    try:
        columns = _columns(next(reader, []))
        for cells in reader:
            if not cells:
                continue
            _read_line(found, reader.line_num, columns, cells, default)
            if len(found.rows) > most:
                raise RuleError(f"line {reader.line_num}: more than {most:,} values, which a list may have")
    except csv.Error as error:
        raise RuleError(f"line {reader.line_num}: the file is no CSV: {error}") from None
    except UnicodeDecodeError as error:
        raise RuleError(f"the file is not UTF-8: {error.reason} at byte {error.start:,} of a block") from None
    return found


def write_csv(out: TextIO, items: Iterable[tuple[bytes, Listed]]) -> int:
    """Write values as CSV, and return their number."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(EXPORTED)
    lines = [_line(item) for item in items]
    writer.writerows(lines)
    return len(lines)


def read_time(text: str) -> float:
    """Return a time in ISO 8601 as seconds since 1970; without a zone it is UTC. Raises RuleError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RuleError(f"found the time {text!r}, allowed is one such as 2026-03-01T12:00:00Z") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _columns(names: list[str]) -> Mapping[str, int]:
    columns = {name.strip().removeprefix("\ufeff"): at for at, name in enumerate(names)}
    if "value" not in columns or len(columns) < len(names) or columns.keys() - set(EXPORTED):
        raise RuleError(
            f"line 1: found the columns {', '.join(names) or 'none'}; needed is value, allowed are "
            f"{', '.join(EXPORTED)}, each once"
        )
    return columns


def _read_line(
    found: ReadFile, number: int, columns: Mapping[str, int], cells: list[str], default: Row
) -> None:
    try:
        row = _row(columns, cells, default)
    except RuleError as error:
        found.bad[number] = str(error)
        return
    found.repeated += row.value in found.rows
    found.rows[row.value] = row


def _row(columns: Mapping[str, int], cells: list[str], default: Row) -> Row:
    if len(cells) != len(columns):
        raise RuleError(f"{len(cells)} cells, the header has {len(columns)}")

    def cell(name: str) -> str:
        return cells[columns[name]] if name in columns else ""

    until = read_time(cell("until")) if cell("until") else default.until
    row = Row(cell("value"), until, cell("reason") or default.reason, cell("source") or default.source)
    problem = check_value(row.value) or check_terms(row.reason, row.source)
    if problem:
        raise RuleError(problem)
    return row


def _line(item: tuple[bytes, Listed]) -> tuple[str, ...]:
    value, why = item
    return value.decode(), time_text(why.until), why.reason, why.source, why.by, time_text(why.added)


def time_text(seconds: float | None) -> str:
    """Return a time in ISO 8601, UTC; empty for None."""
    if seconds is None:
        return ""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
