"""Downloads as CSV, safe for spreadsheets, or as JSON."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import Query
from fastapi.responses import StreamingResponse

Format = Literal["csv", "json"]
FormatOf = Annotated[Format, Query(alias="format")]
# Spreadsheets read these as the start of a formula (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_file(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], form: Format, name: str
) -> StreamingResponse:
    """Return a streamed download of `rows`.

    Args:
        rows: read one by one while the file is sent.
        columns: fields of a CSV file; JSON holds all fields.
        form: file format.
        name: file name without its ending.
    """
    written = _csv(rows, columns) if form == "csv" else _json(rows)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(written, media_type=kind, headers=headers)


def cell(value: Any) -> Any:
    """Return a value for CSV; text that looks like a formula gets an apostrophe in front.

    >>> cell("=1+1"), cell(-1.5), cell({"a": 1})
    ("'=1+1", -1.5, '{"a": 1}')
    """
    if isinstance(value, (dict, list)):
        value = json.dumps(value)
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


def _csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> Iterator[str]:
    line = io.StringIO()
    writer = csv.writer(line)
    for values in ([list(columns)], ([cell(row[name]) for name in columns] for row in rows)):
        for one in values:
            writer.writerow(one)
            yield line.getvalue()
            line.seek(0)
            line.truncate()


def _json(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    before = "["
    for row in rows:
        yield before + json.dumps(row)
        before = ",\n"
    yield "[]" if before == "[" else "]"
