"""Makes episodes from flags, and adds matches to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.access.rights import Right
from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.errors import Invalid, NotAllowed
from console.policy import standing_policy
from console.results.requests import EpisodeRequested, RequestResult
from console.services.asking import ask, request_by, require_answer
from console.services.episode_lookup import find_episode
from console.services.requests import result_of
from contracts.standing_policy import ReleasePolicy

SHOWN_WITHIN_S = 0.25
"""Seconds to wait for an answer; the page of the episode then shows the progress."""


@dataclass(frozen=True)
class EpisodeFlags:
    """Flags of one pattern: fraudulent transactions, and genuine lookalikes."""

    fraud: Sequence[str]
    genuine: Sequence[str] = ()

    def check(self) -> None:
        """Check the flags.

        Raises:
            Invalid: no transaction is flagged as fraud, or one is flagged as both.
        """
        if not self.fraud:
            raise Invalid("an episode needs at least one transaction flagged as fraud", where="ids")
        if both := sorted(set(self.fraud) & set(self.genuine)):
            raise Invalid(f"flagged as both fraud and genuine: {both[:5]}", where="ids, genuine_ids")


def flag(
    context: ConsoleContext,
    viewer: Viewer,
    flags: EpisodeFlags,
    *,
    name: str,
    policy: ReleasePolicy,
    note: str,
    request_id: str | None,
    share: float | None = None,
) -> EpisodeRequested:
    """Request an episode from the adaptation worker.

    Raises:
        Invalid: the flags are invalid.
        NotAllowed: the viewer chooses a `share` of the budget, which only a lead may.
        Refused: the worker refuses within `SHOWN_WITHIN_S`.
    """
    flags.check()
    if share is not None and not viewer.may(Right.APPROVE):
        raise NotAllowed("only a lead chooses another share of the budget", where="share")
    with context.unit(reads_only=True) as unit:
        held = standing_policy(context, unit).release(policy)
    request = request_by(
        context,
        viewer,
        "flag",
        request_id=request_id,
        name=name,
        fraud=tuple(flags.fraud),
        genuine=tuple(flags.genuine),
        policy=held,
        reason=note,
        share=share,
    )
    after = {
        "name": name,
        "ids": list(flags.fraud),
        "genuine_ids": list(flags.genuine),
        "policy": held,
        "note": note,
        "share": share,
        "request": request.request_id,
    }
    act = Act("flag", request.episode_id, after=after)
    answer = ask(context, viewer, request, act, within_s=SHOWN_WITHIN_S)
    return EpisodeRequested(**vars(result_of(request, answer)), id=request.episode_id)


def join_matches(
    context: ConsoleContext, viewer: Viewer, name: str, confirmed: Sequence[str], rejected: Sequence[str]
) -> RequestResult:
    """Confirm and reject matches of an episode; they join it.

    Raises:
        NotFound: no such episode.
        Invalid: no transaction is named, or one is named as both.
        Refused: the worker refuses.
        WorkerUnresponsive: the worker did not answer in time.
    """
    if not confirmed and not rejected:
        raise Invalid("no transactions are given", where="confirm, reject")
    if both := sorted(set(confirmed) & set(rejected)):
        raise Invalid(f"both confirmed and rejected: {both[:5]}", where="confirm, reject")
    with context.unit(reads_only=True) as unit:
        episode = find_episode(unit, name)
    request = request_by(
        context, viewer, "label", name=episode.id, fraud=tuple(confirmed), genuine=tuple(rejected)
    )
    after = {"confirm": list(confirmed), "reject": list(rejected), "request": request.request_id}
    answer = ask(context, viewer, request, Act("judge matches", episode.id, after=after))
    return result_of(request, require_answer(answer, request))
