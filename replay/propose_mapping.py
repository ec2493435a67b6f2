"""Proposes a mapping from the names of columns and their first values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from replay.mapping import WrongMapping
from replay.table import TableFile
from replay.values import texts

_NAMES = {
    "label": r"(is_?|tx_)?fraud(ulent|_?label|_?flag)?|label|class|target|isfraud|outcome|verdict|chargeback",
    "pattern": r".*(scenario|fraud_?(type|kind|pattern)|pattern)",
    "id": r"(tx|trans(action)?|payment|trans)_?(id|num(ber)?|no|ref)|id|uuid|(.*_)?reference",
    "time": r"(tx_?|trans(action)?_?(date_?trans_?)?)?(date_?time|time_?stamp|time|date|ts|when)(_utc|_ms)?"
    r"|(payment|event|created|booked|posted|authori[sz]ed)_?(time|date|at|on|ts)(_utc|_ms)?",
    "amount": r"(tx_?|trans(action)?_?)?(amount|amt|value|sum)(_eur|_usd|_gbp)?",
    "card": r"(card|customer|client|account|user|payer|cc|holder|name_?orig).*",
    "merchant": r"(merchant|terminal|shop|store|payee|seller|acceptor|name_?dest)(_?(id|name|no|num))?",
    "device": r"(device|ip|email|browser).*",
    "currency": r"(.*_)?(currency|ccy)(_code)?",
    "category": r"(.*_)?(mcc|category)(_code)?",
    "channel": r"(.*_)?(channel|entry_?mode)",
}
_ENTITIES = ("card", "merchant", "device")
_FEW = 50  # values: more make no category
_FRAUD = {"1", "true", "fraud", "fraudulent", "yes", "y", "f"}
_GENUINE = {"0", "false", "genuine", "legit", "legitimate", "no", "n", "normal", "ok"}
_RATIO_OF_MS, _RATIO_OF_US = 1e11, 1e14  # seconds since 1970 stay below the first until the year 5138


@dataclass(frozen=True)
class MappingProposal:
    """A proposed mapping.

    Attributes:
        toml: The mapping as TOML, with a comment on each guess.
        open: Columns that the mapping does not use.
    """

    toml: str
    open: tuple[str, ...]


def propose_mapping(table: TableFile) -> MappingProposal:
    """Propose a mapping for a file.

    Raises:
        WrongMapping: no column can be id, time or amount, or the file has no rows.
    """
    head = next(iter(table.parts(table.columns)), None)
    if head is None or not head.num_rows:
        raise WrongMapping(f"{table.path}: no rows to look at")
    found = _by_name(head)
    missing = [meaning for meaning in ("id", "time", "amount") if meaning not in found]
    if missing:
        raise WrongMapping(
            f"{table.path}: no column looks like {', '.join(missing)}; write the mapping by hand, as in "
            f"replay/mappings. Columns there: {', '.join(table.columns)}"
        )
    rest = [c for c in table.columns if c not in found.values()]
    numeric = [c for c in rest if _is_number(head[c])]
    categorical = [c for c in rest if c not in numeric and 1 < _distinct(head[c]) <= _FEW]
    left = tuple(c for c in rest if c not in numeric and c not in categorical)
    return MappingProposal(_toml(table, head, found, numeric, categorical, left), left)


def _by_name(head: pa.RecordBatch) -> dict[str, str]:
    """Return for each meaning the first column whose name fits and whose values are allowed."""
    found: dict[str, str] = {}
    for meaning, pattern in _NAMES.items():
        for column in head.schema.names:
            if column in found.values() or not re.fullmatch(pattern, column, re.IGNORECASE):
                continue
            if _allowed(meaning, head[column]):
                found[meaning] = column
                break
    return found


def _allowed(meaning: str, array: pa.Array) -> bool:
    if meaning == "id":
        return _distinct(array) == len(array)
    if meaning == "amount":
        return _is_number(array)
    if meaning == "label":
        return bool(_values(array)) and {v.lower() for v in _values(array)} <= _FRAUD | _GENUINE
    if meaning in _ENTITIES:
        return array.null_count == 0 and not pa.types.is_floating(array.type)
    return True


def _toml(
    table: TableFile, head: pa.RecordBatch, found: dict[str, str], numeric: list[str], categorical: list[str],
    left: tuple[str, ...],
) -> str:  # fmt: skip
    lines = [f"# Proposed from the first {head.num_rows:,} rows of {table.path.name}: look it through."]
    for meaning in ("id", "time", "amount", "currency", "category", "channel"):
        if meaning in found:
            lines.append(f"{meaning} = {_quoted(found[meaning])}")
    lines += _time_lines(head[found["time"]])
    lines += [f"numeric = {_quoted(numeric)}"] * bool(numeric)
    lines += [f"categorical = {_quoted(categorical)}"] * bool(categorical)
    lines += [f"# not used: {', '.join(left)}"] * bool(left)
    for name in _ENTITIES:
        if name in found:
            lines += ["", "[[entities]]", f"name = {_quoted(name)}", f"column = {_quoted(found[name])}"]
    return "\n".join([*lines, *_label_lines(head, found)]) + "\n"


def _time_lines(array: pa.Array) -> list[str]:
    if not _is_number(array):
        return ['# times are read as ISO 8601; for others set time_format, as in "%d/%m/%Y %H:%M"'] * bool(
            pa.types.is_string(array.type)
        )
    largest = pc.max(pc.cast(array, pa.float64())).as_py() or 0.0
    unit = "s" if largest < _RATIO_OF_MS else "ms" if largest < _RATIO_OF_US else "us"
    return [f"time_unit = {_quoted(unit)}  # numbers up to {largest:,.0f}"]


def _label_lines(head: pa.RecordBatch, found: dict[str, str]) -> list[str]:
    if "label" not in found:
        return ["", "# no column looks like a label; replay needs one under [label]"]
    values = _values(head[found["label"]])
    lines = ["", "[label]", f"column = {_quoted(found['label'])}"]
    fraud = [v for v in values if v.lower() in _FRAUD] or ["1"]
    lines += [
        f"fraud = {_quoted(fraud)}",
        f"genuine = {_quoted([v for v in values if v.lower() in _GENUINE])}",
    ]
    if "pattern" in found:
        lines.append(f"pattern = {_quoted(found['pattern'])}")
    return lines


def _values(array: pa.Array) -> list[str]:
    return sorted(v for v in pc.unique(texts(array)).to_pylist()[: _FEW + 1] if v is not None)


def _distinct(array: pa.Array) -> int:
    return int(pc.count_distinct(texts(array)).as_py())


def _is_number(array: pa.Array) -> bool:
    kind = array.type
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _quoted(value: str | list[str]) -> str:
    """Return TOML; strings and lists of strings are written as in JSON."""
    return json.dumps(value, ensure_ascii=False)
