"""The document as sections for people: sentences, facts by name, and one table each."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from evidence.document import Document
from evidence.triggers import day_of

TRADE_OFF = "trade_off"
"""The finding that has its own table: what each share of the budget would bring and cost a day."""
_POINT = ("share", "found", "caught", "known_lost", "money", "alerts", "confidence", "over")
Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Section:
    """One section of the page."""

    title: str
    words: tuple[str, ...] = ()
    facts: Facts = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def sections_of(document: Document) -> list[Section]:
    """Return all sections, in the order in which a reviewer asks."""
    made: tuple[Callable[[Document], Section], ...] = (
        _inventory, _purpose, _materiality, _data, _validation, _approvals, _changes, _outcomes,
        _monitoring, _rollback, _audit,
    )  # fmt: skip
    return [section(document) for section in made]


def _inventory(document: Document) -> Section:
    row = document.inventory
    facts = (
        ("Model", document.subject),
        ("State", row.state),
        ("Owner", row.owner),
        ("Since", day_of(row.since)),
        ("Last change", f"{day_of(row.changed)} by {row.changed_by}: {row.why or 'no reason given'}"),
        ("Control offset", str(row.control_offset) if row.control_offset is not None else "not announced"),
        ("Next trigger", row.next_trigger),
    )
    return Section("Inventory", facts=facts)


def _purpose(document: Document) -> Section:
    limits = tuple(("Limit", sentence) for sentence in document.limits)
    return Section("Purpose and limits", document.purpose, limits)


def _materiality(document: Document) -> Section:
    found = document.outcomes
    share = f"{found.alerts / found.all_alerts:.1%}" if found.all_alerts else "no alerts yet"
    facts = (
        ("Share of all alerts", share),
        ("Amount of its alerts", f"{found.amount:,.2f}"),
        ("Budget of all models", f"{document.budget:.3%} of genuine traffic may be alerted"),
    )
    return Section("Materiality", facts=facts)


def _data(document: Document) -> Section:
    facts: Facts = ()
    if one := document.training:
        facts = (
            ("Artifact (SHA-256)", one.artifact),
            ("Data (SHA-256)", one.data_hash),
            ("Period", f"{day_of(one.first_at)} to {day_of(one.last_at)}"),
            ("Rows", f"{one.rows:,}, of these {one.frauds:,} frauds"),
            ("Seed", str(one.seed)),
            ("Held out", ", ".join(one.held_out) or "nothing"),
            ("Features", ", ".join(one.features)),
        )
    elif rule := document.rule:
        facts = (("Definition", rule.definition), ("Written by", rule.written_by))
    elif two := document.flags:
        facts = (
            ("Artifact (SHA-256)", two.artifact),
            ("Flags (SHA-256)", two.data_hash or "not announced"),
            ("Flagged as fraud", f"{two.fraud:,}"),
            ("Flagged as genuine", f"{two.genuine:,}"),
            ("Adapter", two.adapter),
            ("Made beside the base", two.base or "none"),
        )
    return Section("Data", () if facts else ("No artifact is announced.",), facts)


def _validation(document: Document) -> Section:
    gate = document.gate
    if gate is None:
        words = "Only detectors pass the gate of episodes. A trial compares others with what is in force."
        return Section("Validation", (words,))
    facts = [("Measured at", day_of(gate.measured_at)), ("Threshold", _number(gate.threshold))]
    others = {name: value for name, value in gate.findings.items() if name not in ("threshold", TRADE_OFF)}
    facts += [(name.replace("_", " "), _plain(value)) for name, value in sorted(others.items())]
    points = (gate.findings.get(TRADE_OFF) or {}).get("points", [])
    words = "What the gate measured for the newest version. Ids and keys are masked."
    columns = tuple(name.replace("_", " ") for name in _POINT)
    rows = tuple(tuple(_plain(point.get(name)) for name in _POINT) for point in points)
    return Section("Validation at the gate", (words,), tuple(facts), columns, rows)


def _approvals(document: Document) -> Section:
    found = document.governance
    eyes = "a second person must approve" if found.four_eyes else "one person is enough"
    facts = (("Policy", f"{found.policy}; {eyes}"),)
    rows = tuple((day_of(o.time), o.author, o.decision, o.flagged_by, o.note) for o in found.decisions)
    words = () if rows else ("No decision of a person is stored.",)
    return Section("Approvals", words, facts, ("time", "by", "decision", "flagged by", "note"), rows)


def _changes(document: Document) -> Section:
    rows = tuple(
        (
            str(o.control_offset),
            day_of(o.time),
            o.what,
            o.author,
            o.reason,
            _number(o.threshold),
            o.content_hash[:12],
        )
        for o in document.changes
    )
    words = ("Verified entries of the control log.",) if rows else ("Nothing was announced.",)
    columns = ("offset", "time", "what", "by", "why", "threshold", "content")
    return Section("Changes", words, (), columns, rows)


def _outcomes(document: Document) -> Section:
    found = document.outcomes
    interval = f"{found.low:.1%} to {found.high:.1%} (95%, Wilson)"
    precision = "nothing is judged yet" if found.precision is None else f"{found.precision:.1%}, {interval}"
    facts = (
        ("Alerts", f"{found.alerts:,}"),
        ("First alert", day_of(found.first_at) if found.first_at is not None else "none or not counted"),
        ("Confirmed as fraud", f"{found.confirmed:,}"),
        ("Rejected as genuine", f"{found.rejected:,}"),
        ("Without a verdict", f"{found.alerts - found.confirmed - found.rejected:,}"),
        ("Precision", precision),
        ("Amount, open or confirmed", f"{found.amount:,.2f}"),
    )
    return Section("Outcomes since", (f"Counted are {found.about}.",), facts)


def _monitoring(document: Document) -> Section:
    found = document.monitoring
    measured = "not yet" if found.measured_at is None else day_of(found.measured_at)
    facts = [("Measured", measured), ("Open alarms", str(len(found.alarms)))]
    facts += [(name.replace("_", " "), f"{value:.3f}") for name, value in sorted(found.quality.items())]
    facts += [(f"Drift of {name}", f"{value:.3f}") for name, value in sorted(found.drift.items())]
    rows = tuple((o.name, day_of(o.since), f"{o.worst:.3g}", f"{o.limit:.3g}") for o in found.alarms)
    return Section("Monitoring", (), tuple(facts), ("alarm", "since", "worst", "limit"), rows)


def _rollback(document: Document) -> Section:
    found = document.rollback
    rehearsal = "the state before the last change was rebuilt from stored entries"
    facts = (
        ("Command", found.command),
        ("Restores", found.restores),
        (
            "Rehearsal",
            rehearsal if found.rehearsed else "the state before the last change could not be rebuilt",
        ),
        ("Threshold then", _number(found.threshold_before)),
        ("Earlier rollbacks and retirements", ", ".join(map(day_of, found.undone)) or "none"),
    )
    return Section("Rollback", ("The rehearsal runs in memory and changes nothing in force.",), facts)


def _audit(document: Document) -> Section:
    found = document.audit
    facts = (
        ("End of the log", found.end),
        ("Verified", found.verified),
        ("Older entries left out", str(found.left_out)),
    )
    rows = tuple(
        (str(o.position), day_of(o.time), o.actor, o.action, o.subject, _plain(o.details))
        for o in found.lines
    )
    columns = ("position", "time", "who", "action", "subject", "details")
    return Section("Audit log", (), facts, columns, rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _plain(value: Any) -> str:
    """Return a JSON value in words; what is nested deeper stays JSON."""
    match value:
        case None:
            return "-"
        case bool() | int() | str():
            return str(value)
        case float():
            return _number(value)
        case dict():
            return "; ".join(f"{name.replace('_', ' ')} {_inner(one)}" for name, one in value.items()) or "-"
        case _:
            return "; ".join(_inner(one) for one in value) or "-"


def _inner(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, list | dict) else _plain(value)
