"""Events of webhooks: new alerts, and entries of the audit log about alerts, cases and episodes.

An event names what happened and the ids. It holds no card, no free text and no features: receivers read those
from the API, with a right of their own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from storage.alerts import COLUMNS, AlertRow
from storage.audit_log import AuditEntry
from storage.bulk import Row
from storage.webhooks import NewDelivery

ALERTS, DECISIONS, CASES, EPISODES = "alerts", "decisions", "cases", "episodes"
_OF_CASE = {
    "open case": "case.opened",
    "change case": "case.changed",
    "add alerts to case": "case.alerts_added",
    "add link to case": "case.link_added",
    "note": "case.note_added",
    "merge cases": "case.merged",
    "undo merge of cases": "case.unmerged",
}
_OF_EPISODE = re.compile(r"(flag|adapt anew|surge|refine): |growth waits|(approve|reject|retire)$")
_SHOWN = ("status", "owner", "priority", "due_at", "alerts", "into", "from", "name")
"""Fields of an audit entry that an event may hold."""
_MOST_IDS = 1_000


def of_alerts(rows: Sequence[Row], endpoints: Iterable[str], *, now: float) -> list[NewDelivery]:
    """Return the deliveries of new alerts.

    Args:
        rows: rows of `alerts`, in the order of its columns; queue, tags and cause may lack.
        endpoints: names of the endpoints that get alerts.
        now: seconds since 1970.

    Returns:
        One for each row and endpoint.
    """
    names = tuple(endpoints)
    return [
        one for row in rows if names for one in _of_alert(dict(zip(COLUMNS, row, strict=False)), names, now)
    ]


def _of_alert(row: dict[str, Any], endpoints: Sequence[str], now: float) -> Iterator[NewDelivery]:
    body, transaction = json.loads(row["body"]), row["transaction_id"]
    data = {
        "transaction_id": transaction,
        "raised_at": row["raised_at"],
        "amount": row["amount"],
        "currency": body.get("currency", ""),
        "decision": body.get("decision", ""),
        "surprise": row["surprise"],
        "scorer": row["scorer"],
        "episode": body.get("episode", ""),
        "queue": row.get("queue", ""),
        "tags": [tag for tag in row.get("tags", "").split(",") if tag],
    }
    event = f"alert-{row['source_partition']}-{row['source_offset']}"
    text = _body(event, "alert.raised", now, data)
    for endpoint in endpoints:
        yield NewDelivery(endpoint, event, "alert.raised", f"transaction {transaction}", text, transaction)


def kind_of(entry: AuditEntry) -> str | None:
    """Return the kind of events that an audit entry gives: decisions, cases, episodes, or None for none."""
    if entry.action == "decide":
        return DECISIONS
    if entry.action in _OF_CASE and entry.subject.startswith("case "):
        return CASES
    # The console notes where a request came from; what came of it is the adaptation worker's own entry.
    return EPISODES if _OF_EPISODE.match(entry.action) and "from" not in entry.details else None


def of_entry(entry: AuditEntry, endpoint: str, alerts: Iterable[AlertRow] = ()) -> list[NewDelivery]:
    """Return the deliveries of one audit entry for an endpoint.

    Args:
        entry: an entry with a kind.
        endpoint: name of the endpoint.
        alerts: the alerts of a decision.

    Returns:
        One for each alert of a decision, one for any other entry.
    """
    event = f"audit-{entry.position}"
    match kind_of(entry):
        case "decisions":
            verdict = _state(entry, "after").get("status")
            return [
                _delivery(
                    endpoint, f"{event}-{alert.id}", "alert.decided", f"transaction {alert.transaction_id}",
                    entry, {"transaction_id": alert.transaction_id, "alert": alert.id, "verdict": verdict},
                    alert.transaction_id,
                )
                for alert in alerts
            ]  # fmt: skip
        case "cases":
            data = {"case": int(entry.subject.removeprefix("case "))} | _changes(entry)
            return [_delivery(endpoint, event, _OF_CASE[entry.action], entry.subject, entry, data)]
        case _:
            what = re.sub(r"[^a-z]+", "_", entry.action.removeprefix("flag: ")).strip("_")
            named = "detector" if entry.action == "retire" else "episode"
            data = {named: entry.subject} | _changes(entry)
            subject = f"{named} {entry.subject}"
            return [_delivery(endpoint, event, f"episode.{what}", subject, entry, data)]


def alert_ids(entry: AuditEntry) -> list[int]:
    """Return the ids of the alerts that a decision is about."""
    return [int(one) for one in _state(entry, "before").get("status", {})]


def _delivery(
    endpoint: str, event: str, kind: str, subject: str, entry: AuditEntry, data: dict[str, Any],
    transaction_id: str | None = None,
) -> NewDelivery:  # fmt: skip
    body = _body(event, kind, entry.time, data | {"by": entry.actor})
    return NewDelivery(endpoint, event, kind, subject, body, transaction_id)


def _changes(entry: AuditEntry) -> dict[str, Any]:
    found = {name: entry.details[name] for name in ("name",) if name in entry.details}
    before, after = _state(entry, "before"), _state(entry, "after")
    if any(name in after for name in _SHOWN):
        found["before"] = {name: _short(before[name]) for name in _SHOWN if name in before}
        found["after"] = {name: _short(after[name]) for name in _SHOWN if name in after}
    return found


def _state(entry: AuditEntry, name: str) -> dict[str, Any]:
    state = entry.details.get(name, {})
    return state if isinstance(state, dict) else {}


def _short(value: Any) -> Any:
    return value[:_MOST_IDS] if isinstance(value, list) else value


def _body(event: str, kind: str, time: float, data: dict[str, Any]) -> str:
    return json.dumps({"id": event, "type": kind, "time": time, "data": data}, separators=(",", ":"))
