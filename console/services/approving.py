"""Decisions on episodes: approve, reject, retire, roll back."""

from __future__ import annotations

from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.errors import NotAllowed, NotFound, Refused
from console.policy import standing_policy
from console.results.requests import RequestResult
from console.services.asking import ask, request_by
from console.services.episode_lookup import find_episode
from console.services.requests import result_of
from contracts.request import RequestKind
from storage import UnitOfWork
from storage.approvals import APPROVED, REJECTED, Approval
from storage.contributors import contributors
from storage.episodes import LIVE, UNDECIDED, Episode


def approve(
    context: ConsoleContext, viewer: Viewer, name: str, note: str, *, seen: int | None = None
) -> RequestResult:
    """Put a waiting, shadow or draft episode into force, or what joined a live one beyond its approval.

    Args:
        context: tools of the console.
        viewer: who approves.
        name: id or name of the episode.
        note: why.
        seen: number of its transactions that the viewer has looked at; None does not check.

    Returns:
        What the adaptation worker answered.

    Raises:
        NotFound: no such episode.
        NotAllowed: under four eyes, the viewer flagged the episode, made it grow, or made the token that did.
        Refused: the episode is decided already, has changed since, or the worker refuses.
    """
    with context.unit(reads_only=True) as unit:
        episode = _undecided(unit, name, growth=True)
        if standing_policy(context, unit).four_eyes and viewer.name in contributors(unit, episode):
            raise NotAllowed(
                f"{viewer.name} flagged {episode.name!r} or made it grow, or made the token that did, so "
                "another person must approve it",
                where="four eyes",
            )
    return _decide(context, viewer, episode, APPROVED, "approve", note, seen=seen)


def reject(context: ConsoleContext, viewer: Viewer, name: str, note: str) -> RequestResult:
    """Reject an undecided episode.

    Raises:
        NotFound: no such episode.
        Refused: the episode is decided already, or the worker refuses.
    """
    with context.unit(reads_only=True) as unit:
        episode = _undecided(unit, name)
    return _decide(context, viewer, episode, REJECTED, "retire", note or f"rejected by {viewer.name}")


def retire(context: ConsoleContext, viewer: Viewer, name: str, note: str) -> RequestResult:
    """Retire the detector of an episode.

    Raises:
        NotFound: no such episode.
        Refused: the worker refuses.
    """
    with context.unit(reads_only=True) as unit:
        episode = find_episode(unit, name)
    request = request_by(context, viewer, "retire", name=episode.id, reason=note)
    act = Act("retire", episode.id, _standing(episode), {"note": note, "request": request.request_id})
    return result_of(request, ask(context, viewer, request, act))


def roll_back_episode(context: ConsoleContext, viewer: Viewer, name: str, note: str) -> RequestResult:
    """Undo the last change of the detector of an episode.

    Raises:
        NotFound: no such episode.
        Refused: the episode has no detector, or the worker refuses.
    """
    with context.unit(reads_only=True) as unit:
        episode = find_episode(unit, name)
    if episode.detector_id is None:
        raise Refused(f"{episode.name!r} has no detector to roll back", where="name")
    return roll_back(context, viewer, f"detector/{episode.detector_id}", note)


def roll_back_entry(context: ConsoleContext, viewer: Viewer, control_offset: int, note: str) -> RequestResult:
    """Undo the change at a control offset.

    Raises:
        NotFound: no such change.
        Refused: it is not the last change of its key, or the worker refuses.
    """
    with context.unit(reads_only=True) as unit:
        entry = unit.control.get(control_offset)
        if entry is None:
            raise NotFound(f"no control entry is recorded at offset {control_offset}", where="offset")
        latest = unit.control.latest(entry.kind, entry.entry_id)
    assert latest is not None  # the entry itself at least
    if latest.control_offset != control_offset:
        raise Refused(
            f"{entry.kind}/{entry.entry_id} was changed again at offset {latest.control_offset}",
            where="offset",
            allowed=latest.control_offset,
        )
    return roll_back(context, viewer, f"{entry.kind}/{entry.entry_id}", note)


def roll_back(context: ConsoleContext, viewer: Viewer, key: str, note: str) -> RequestResult:
    """Undo the last change of `kind/id`.

    Raises:
        Refused: the worker refuses.
    """
    request = request_by(context, viewer, "rollback", name=key, reason=note)
    act = Act("roll back", key, after={"note": note, "request": request.request_id})
    return result_of(request, ask(context, viewer, request, act))


def _decide(
    context: ConsoleContext,
    viewer: Viewer,
    episode: Episode,
    decision: str,
    kind: RequestKind,
    note: str,
    *,
    seen: int | None = None,
) -> RequestResult:
    request = request_by(context, viewer, kind, name=episode.id, reason=note, seen=seen)
    act = Act(kind, episode.id, _standing(episode), {"decision": decision, "note": note})

    def record(unit: UnitOfWork) -> None:
        unit.approvals.add(
            Approval(
                episode_id=episode.id,
                episode=episode.name,
                flagged_by=episode.author,
                decision=decision,
                author=viewer.name,
                note=note,
                time=context.clock(),
            )
        )

    return result_of(request, ask(context, viewer, request, act, beside=record))


def _undecided(unit: UnitOfWork, name: str, *, growth: bool = False) -> Episode:
    episode = find_episode(unit, name)
    if growth and episode.status == LIVE and episode.growth_waits:
        return episode
    if episode.status not in UNDECIDED:
        raise Refused(f"episode {episode.name!r} is {episode.status}", where="name", allowed=list(UNDECIDED))
    return episode


def _standing(episode: Episode) -> dict[str, str | None]:
    return {"name": episode.name, "status": episode.status, "flagged_by": episode.author}
