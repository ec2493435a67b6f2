"""Episodes: lists, and one in detail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import msgspec

from console.context import ConsoleContext
from console.errors import NotFound
from console.results.episodes import (
    Acks,
    DetectorVersion,
    EpisodeDetails,
    EpisodeList,
    EpisodeRow,
    HistoryEvent,
)
from console.results.transactions import TransactionRow
from console.services.episode_lookup import find_episode
from console.services.requests import SENT
from console.services.row_lookup import rows_of_ids
from console.services.rows import row_of_alert
from contracts.request import Request
from storage import UnitOfWork
from storage.alert_queue import AlertCounts
from storage.audit_search import AuditFilter
from storage.control_entries import ControlEntry
from storage.episodes import GROWTH_WAITS, REFINED, REVIEW, SHADOW, Episode

LONGEST_HISTORY = 200


def list_episodes(
    context: ConsoleContext, statuses: tuple[str, ...], *, offset: int, limit: int
) -> EpisodeList:
    """Return a page of episodes, newest first."""
    with context.unit(reads_only=True) as unit:
        rows = unit.episodes.page(*statuses, offset=offset, limit=limit)
        return EpisodeList(unit.episodes.count(*statuses), rows_of_episodes(unit, rows))


def rows_of_episodes(unit: UnitOfWork, episodes: Iterable[Episode]) -> list[EpisodeRow]:
    """Return list rows of episodes."""
    tallies = unit.queue.counts_by_scorer()
    return [EpisodeRow(**_fields(one, tallies)) for one in episodes]


def episode_page(context: ConsoleContext, name: str) -> EpisodeDetails:
    """Return one episode by id, name or detector id.

    An episode that the worker has not processed yet has the status `sent`.

    Raises:
        NotFound: no such episode.
    """
    with context.unit(reads_only=True) as unit:
        try:
            episode = find_episode(unit, name)
        except NotFound:
            return _asked_for(context, unit, name)
        found = {name: value for name, value in episode.details.items() if name not in (REVIEW, GROWTH_WAITS)}
        refined = found.pop(REFINED, None)
        support = _members(context, unit, {part.transaction_id: part.role for part in episode.transactions})
        return EpisodeDetails(
            **_fields(episode, unit.queue.counts_by_scorer()),
            currency=_currency(support),
            members=len(episode.transactions),
            support=support,
            to_review=rows_of_ids(context, unit, episode.to_review),
            acks=_acks(context, episode),
            first_catch=_first_catch(context, unit, episode),
            notes=[*(str(note) for note in found.pop("notes", ())), *([refined["said"]] if refined else [])],
            gate=found,
            readaptations=_versions(unit, episode),
            history=_history(unit, episode),
        )


def _fields(episode: Episode, tallies: dict[str, AlertCounts]) -> dict[str, Any]:
    tally = tallies.get(episode.detector_id or "", AlertCounts())
    return {
        "id": episode.id,
        "name": episode.name,
        "status": episode.status,
        "reason": episode.reason,
        "author": episode.author,
        "flagged_at": episode.flagged_at,
        "flags": episode.flags,
        "detector_id": episode.detector_id,
        "control_offset": episode.control_offset,
        "flag_to_adapted_ms": episode.flag_to_adapted_ms,
        "flag_to_live_ms": episode.flag_to_live_ms,
        "caught": tally.alerts,
        "confirmed": tally.confirmed,
        "rejected": tally.rejected,
        "money_held": tally.money_held,
        "money_open": tally.money_open,
        "precision": tally.precision,
        "proposal": episode.details.get("proposal"),
        "asks": len(episode.to_review),
        "growth_waits": episode.growth_waits,
    }


def _asked_for(context: ConsoleContext, unit: UnitOfWork, name: str) -> EpisodeDetails:
    """Return an episode that the worker has not processed yet, or raise NotFound."""
    asked = [msgspec.json.decode(value, type=Request) for value in unit.outbox.latest(context.feedback.topic)]
    request = next((r for r in asked if r.kind == "flag" and name in (r.episode_id, r.name)), None)
    if request is None:
        raise NotFound(f"no episode {name!r}", where="name")
    episode = Episode(
        id=request.episode_id,
        name=request.name,
        status=SENT,
        author=request.author,
        flagged_at=request.time,
        details={},
    )
    roles = dict.fromkeys(request.fraud, "support") | dict.fromkeys(request.genuine, "lookalike")
    support = _members(context, unit, roles)
    return EpisodeDetails(
        **(_fields(episode, {}) | {"flags": len(request.fraud)}),
        currency=_currency(support),
        members=len(roles),
        support=support,
        to_review=[],
        acks=None,
        first_catch=None,
        gate={},
        notes=[],
        readaptations=[],
        history=[HistoryEvent(request.time, request.author, "flag")],
    )


def _members(context: ConsoleContext, unit: UnitOfWork, roles: dict[str, str]) -> list[TransactionRow]:
    rows = rows_of_ids(context, unit, list(roles))
    return [replace(row, role=roles[row.transaction_id]) for row in rows]


def _currency(support: list[TransactionRow]) -> str:
    """Currency of the flagged transactions; empty if there are several."""
    currencies = {row.currency for row in support}
    return currencies.pop() if len(currencies) == 1 else ""


def _acks(context: ConsoleContext, episode: Episode) -> Acks | None:
    """Progress of the acknowledgements; the time is set once all partitions have acknowledged.

    A detector on trial is not in force and has none.
    """
    if episode.control_offset is None or episode.status == SHADOW:
        return None
    progress = context.feedback.progress(episode.control_offset)
    if progress is None:
        return None
    took = episode.flag_to_live_ms
    return Acks(progress.live, progress.partitions, took / 1e3 if took is not None else None)


def _first_catch(context: ConsoleContext, unit: UnitOfWork, episode: Episode) -> TransactionRow | None:
    alert = unit.queue.first_of(episode.detector_id) if episode.detector_id else None
    return row_of_alert(alert, context.cards, now=context.clock()) if alert else None


def _versions(unit: UnitOfWork, episode: Episode) -> list[DetectorVersion]:
    if episode.detector_id is None:
        return []
    entries = unit.control.page(
        kind="detector", entry_id=episode.detector_id, offset=0, limit=LONGEST_HISTORY
    )
    return [_version(entry) for entry in reversed(entries)]


def _version(entry: ControlEntry) -> DetectorVersion:
    return DetectorVersion(entry.control_offset, entry.time, entry.author, entry.reason, entry.retired)


def _history(unit: UnitOfWork, episode: Episode) -> list[HistoryEvent]:
    """Audit entries about the episode and its detector, oldest first."""
    subjects = [episode.id, *([episode.detector_id] if episode.detector_id else [])]
    entries = [
        entry
        for subject in subjects
        for entry in unit.audit_search.page(AuditFilter(about=subject), offset=0, limit=LONGEST_HISTORY)
    ]
    entries.sort(key=lambda entry: entry.position)
    return [HistoryEvent(entry.time, entry.actor, entry.action, dict(entry.details)) for entry in entries]
