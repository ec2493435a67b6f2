"""Proposes a mapping from the names of columns and their first values; it leaves open what it cannot see."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pyarrow as pa

from replay.column_evidence import ColumnEvidence, evidence
from replay.guess_label import LabelGuess, label_guesses
from replay.guess_time import clock_column, time_lines
from replay.mapping import WrongMapping
from replay.table import ROW, TableFile

_NAMES = {
    "id": r"(tx|trans(action)?|payment|trans|order)_?(id|num(ber)?|no|nr|ref)|id|uuid|(.*_)?(reference|ref)",
    "time": r"(tx_?|trans(action)?_?(date_?trans_?)?)?(date_?time|time_?stamp|time|date|ts|when|dt|step|datum"
    r"|fecha|wann)(_?(utc|ms|s|sec|seconds?|h|hours?|min|minutes?|days?|local))?"
    r"|(payment|event|created|booked|posted|authori[sz]ed|buchungs?)_?(time|date|at|on|ts|tag)(_utc|_ms)?",
    "amount": r"(tx_?|trans(action)?_?|payment_?|order_?)?(amount|amt|value|sum|betrag|importe|price|total)"
    r"(_?(eur|usd|gbp|local|in_.*))?",
    "card": r"(card|customer|client|account|user|payer|cc|holder|name_?orig|kunde|konto|sender|source).*",
    "merchant": r"(merchant|terminal|shop|store|payee|seller|acceptor|name_?dest|receiver|h[aä]ndler)"
    r"(_?(id|name|no|num))?",
    "device": r"(device|ip|email|browser).*",
    "currency": r"(.*_)?(currency|ccy)(_code)?",
    "category": r"(.*_)?(mcc|category)(_code)?",
    "channel": r"(.*_)?(channel|entry_?mode)",
    "pattern": r".*(scenario|fraud_?(type|kind|pattern)|pattern)",
}
_TRANSACTION = ("id", "time", "amount", "currency", "category", "channel")
_ENTITIES = ("card", "merchant", "device")
_FEW = 50  # values: more make no category


@dataclass(frozen=True)
class MappingProposal:
    """A proposed mapping.

    Attributes:
        toml: The mapping as TOML, with a comment on each guess and on what the user must fill in.
        open: Columns that the mapping does not use.
        missing: Meanings that the user must fill in before the mapping can be used.
    """

    toml: str
    open: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """The column of a meaning, and the evidence where its name alone does not say so."""

    column: str
    guess: str = ""


def propose_mapping(table: TableFile) -> MappingProposal:
    """Propose a mapping for a file.

    Raises:
        WrongMapping: the file has no rows.
        UnreadableTable: the file is broken.
    """
    head = next(iter(table.parts(table.columns)), None)
    if head is None or not head.num_rows:
        raise WrongMapping(f"{table.path}: no rows to look at")
    seen = {name: evidence(name, head[name]) for name in head.schema.names}
    labels = label_guesses(table, [c for c in seen if not _fits("pattern", c)])
    taken = {guess.column for guess in labels}
    found = _by_name(head, seen, taken)
    _by_values(head, seen, taken, found)
    used = [one.column for one in found.values()] + list(taken)
    clock = clock_column(head, used) if "time" in found else None
    rest = [name for name in seen if name not in [*used, clock]]
    numeric = [c for c in rest if seen[c].is_number]
    categorical = [c for c in rest if c not in numeric and 1 < seen[c].distinct <= _FEW]
    left = tuple(c for c in rest if c not in numeric and c not in categorical)
    times = time_lines(head, seen[found["time"].column], clock) if "time" in found else []
    lines = [f"# Proposed from the first {head.num_rows:,} rows of {table.path.name}. Check every comment."]
    lines += _transaction_lines(found, seen, times)
    lines += [f"numeric = {_quoted(numeric)}"] * bool(numeric)
    lines += [f"categorical = {_quoted(categorical)}"] * bool(categorical)
    lines += [f"# not used: {c}: {seen[c].words()}" for c in left]
    lines += [*_entity_lines(found), *_label_lines(labels, found, seen)]
    missing = tuple(meaning for meaning in ("time", "amount") if meaning not in found)
    return MappingProposal("\n".join(lines) + "\n", left, missing)


def _by_name(head: pa.RecordBatch, seen: dict[str, ColumnEvidence], taken: set[str]) -> dict[str, _Found]:
    """Return for each meaning the first column whose name fits and whose values are allowed."""
    found: dict[str, _Found] = {}
    for meaning in _NAMES:
        for column in seen:
            used = taken | {one.column for one in found.values()}
            fits = column not in used and _fits(meaning, column)
            if fits and _allowed(meaning, seen[column], head[column]):
                found[meaning] = _Found(column)
                break
    return found


def _fits(meaning: str, column: str) -> bool:
    return re.fullmatch(_NAMES[meaning], column.strip(), re.IGNORECASE) is not None


def _allowed(meaning: str, column: ColumnEvidence, array: pa.Array) -> bool:
    if meaning == "id":
        return column.is_unique
    if meaning == "time":
        return not column.missing and not pa.types.is_time(array.type)
    if meaning == "amount":
        return column.is_number and column.low >= 0 and not column.missing
    if meaning in _ENTITIES:
        return not column.missing and (column.is_whole or not column.is_number)
    return True


def _by_values(
    head: pa.RecordBatch, seen: dict[str, ColumnEvidence], taken: set[str], found: dict[str, _Found]
) -> None:
    """Add a time and an amount that only their values show."""
    free = [seen[c] for c in seen if c not in taken | {one.column for one in found.values()}]
    if "time" not in found:
        typed = [
            c for c in free if pa.types.is_timestamp(head[c.name].type) or pa.types.is_date(head[c.name].type)
        ]
        rising = [c for c in free if c.is_number and c.rising and c.distinct > 1 and not c.missing]
        named = [c for c in rising if re.search(r"time|date|hour|day|sec", c.name, re.IGNORECASE)]
        for column in [*typed, *named, *rising][:1]:
            found["time"] = _Found(column.name, f"guess: {column.words()}")
            free.remove(column)
    if "amount" not in found:
        money = [c for c in free if c.is_number and c.low >= 0 and not c.missing and c.distinct > 2]
        named = [c for c in money if re.search(r"am(oun)?t|value|sum|price|total", c.name, re.IGNORECASE)]
        broken = [c for c in money if not c.is_whole]
        for column in [*named, *broken][:1]:
            found["amount"] = _Found(column.name, f"guess: {column.words()}")


def _transaction_lines(
    found: dict[str, _Found], seen: dict[str, ColumnEvidence], times: list[str]
) -> list[str]:
    lines = []
    for meaning in _TRANSACTION:
        if meaning in found:
            one = found[meaning]
            lines.append(f"{meaning} = {_quoted(one.column)}" + f"  # {one.guess}" * bool(one.guess))
        elif meaning == "id":
            lines.append(f"id = {_quoted(ROW)}  # no column is an id: rows are numbered")
        elif meaning in ("time", "amount"):
            lines.append(f'# fill in: {meaning} = "COLUMN". Columns there:')
            lines += [f"#   {column.name}: {column.words()}" for column in seen.values()]
        if meaning == "time":
            lines += times
    return lines


def _entity_lines(found: dict[str, _Found]) -> list[str]:
    lines = []
    for name in _ENTITIES:
        if name in found:
            lines += [
                "",
                "[[entities]]",
                f"name = {_quoted(name)}",
                f"column = {_quoted(found[name].column)}",
            ]
    return lines or [
        "",
        "# no column looks like a card, merchant or device; add [[entities]] with name and column",
    ]


def _label_lines(
    labels: list[LabelGuess], found: dict[str, _Found], seen: dict[str, ColumnEvidence]
) -> list[str]:
    if not labels:
        few = [f"#   {c.name}: {c.words()}" for c in seen.values() if 1 < c.distinct <= _FEW]
        return ["", "# fill in: no column looks like a label; replay needs one under [label]:", *few]
    pattern = found["pattern"].column if "pattern" in found else None
    lines = ["", *labels[0].lines(pattern)]
    others = [guess.column for guess in labels[1:]]
    if others:
        lines.insert(3, f"# also = {_quoted(others)}  # other labels: a row is fraud if any column says so")
    return lines


def _quoted(value: str | list[str]) -> str:
    """Return TOML; strings and lists of strings are written as in JSON."""
    return json.dumps(value, ensure_ascii=False)
