"""The inventory: every model and list in force or on trial, with its owner, last change and next trigger."""

from __future__ import annotations

from control.entry import Kind, LoggedEntry
from evidence.document import DORMANT, IN_FORCE, NOT_IN_FORCE, ON_TRIAL, InventoryRow
from evidence.rule import rule_of, rule_state
from evidence.source import Source
from evidence.triggers import next_trigger
from storage.episodes import Episode

LISTED = tuple(kind for kind in Kind if kind not in (Kind.RISK, Kind.THRESHOLD))
"""Risk comes by the thousand and belongs to its episode; thresholds belong to what they were fitted for."""


def inventory(source: Source) -> list[InventoryRow]:
    """Return a row for each entry in force or on trial, bases first."""
    return [row_of(source, kind, identity) for kind in LISTED for identity in source.snapshot.in_force(kind)]


def row_of(source: Source, kind: str, identity: str, episode: Episode | None = None) -> InventoryRow:
    """Return the row of one entry.

    Args:
        source: what is stored.
        kind: kind of the control log.
        identity: id of the entry.
        episode: its episode, where it was never announced; otherwise it is looked up.
    """
    episode = episode or source.unit.episodes.of_detector(identity)
    history = source.changes.get(f"{kind}/{identity}", [])
    last = history[-1] if history else None
    began = history[0].entry.time if history else episode.flagged_at if episode else source.now
    rule = rule_of(last)
    state = rule_state(source, identity, rule) if kind == Kind.RULE else state_of(source, kind, identity)
    author = episode.author if episode else history[0].entry.author if history else ""
    return InventoryRow(
        kind=kind,
        id=identity,
        name=_name(kind, identity, last, episode),
        state=state,
        owner=(rule.owner if rule else "") or author,
        since=began,
        changed=last.entry.time if last else began,
        changed_by=last.entry.author if last else episode.author if episode else "",
        why=last.entry.reason if last else (episode.reason or "") if episode else "",
        control_offset=last.offset if last else None,
        next_trigger=next_trigger(source, kind, state, last, episode, rule),
    )


def state_of(source: Source, kind: str, identity: str) -> str:
    """Return whether an entry is in force, on trial, dormant or not in force."""
    snapshot = source.snapshot
    if identity in snapshot.in_force(Kind.SHADOW):
        return ON_TRIAL
    if kind not in list(Kind) or identity not in snapshot.in_force(Kind(kind)):
        return NOT_IN_FORCE
    older = kind == Kind.BASE and (snapshot.base is None or snapshot.base.id != identity)
    return DORMANT if older or identity in snapshot.dormant else IN_FORCE


def _name(kind: str, identity: str, last: LoggedEntry | None, episode: Episode | None) -> str:
    if episode is not None:
        return episode.name
    if kind == Kind.RULE:
        return identity
    return f"{kind} {last.entry.content_hash[:8]}" if last else identity
