"""What follows from an adapted episode: its status, and the entries that go on the control log."""

from __future__ import annotations

from dataclasses import dataclass

from adaptation.proposing.adapting import Adapted
from adaptation.proposing.risk import risk_change
from contracts.request import Request
from contracts.standing_policy import StandingPolicy
from control.change import Change
from control.entry import Kind
from control.parts import DETECTOR, SUPPORT, TAILS, FlaggedTransactions, tails_to_bytes
from storage.episodes import ANNOUNCED, DRAFT, SHADOW, WAITING

MOST_NEAREST = 200
"""Flagged transactions announced with a detector, so that alerts name the nearest: at most about 40 KB."""

APPROVER_NEEDED = "passed the gate; another person must approve it (adaptation.four_eyes)"
APPROVAL_NEEDED = "passed the gate; it goes live once it is approved"
ON_TRIAL = "passed the gate; it scores silently until it is approved"


@dataclass(frozen=True)
class EpisodeOutcome:
    """What becomes of an episode.

    Attributes:
        status: `announced` where the detector goes live, else `draft`, `waiting` or `shadow`.
        reason: why it does not go live; None where it does.
        changes: entries for the control log, in the order in which they are announced.
    """

    status: str
    reason: str | None = None
    changes: tuple[Change, ...] = ()

    @property
    def scores(self) -> bool:
        """Whether the detector scores, live or on trial."""
        return self.status in (ANNOUNCED, SHADOW)


def outcome_of_flag(request: Request, adapted: Adapted, policy: StandingPolicy) -> EpisodeOutcome:
    """Decide what becomes of a flagged episode.

    The risk of the flagged entities is announced in every case: a confirmed fraud stays confirmed where the
    detector is only a draft.

    Args:
        request: the flag; it can hold back more than `policy` does, never less.
        adapted: the detector and the gate's verdict on it.
        policy: the standing policy in force.

    Returns:
        Status, reason and control entries. Only a detector that passed the gate under the policy `auto`
        without `four_eyes` goes live.
    """
    risk = risk_entry(request, adapted)
    if refusals := adapted.proposal.verdict.reasons:
        return EpisodeOutcome(DRAFT, "; ".join(refusals), (risk,))
    match policy.release(request.policy):
        case "auto":
            return EpisodeOutcome(ANNOUNCED, None, (risk, detector_change(request, adapted)))
        case "shadow":
            return EpisodeOutcome(SHADOW, ON_TRIAL, (risk, _shadow_change(request, adapted)))
        case _:
            return EpisodeOutcome(WAITING, APPROVER_NEEDED if policy.four_eyes else APPROVAL_NEEDED, (risk,))


def outcome_of_approval(
    request: Request, adapted: Adapted, *, approver: str, on_trial: bool
) -> EpisodeOutcome:
    """Decide what becomes of an approved episode: it goes live, or the gate refuses it now.

    Args:
        request: the flag that made the episode.
        adapted: the detector and the gate's verdict on it, beside what is in force now.
        approver: author of the approval.
        on_trial: whether the detector holds a shadow slot, which going live ends.

    Returns:
        Status, reason and control entries.
    """
    if refusals := adapted.proposal.verdict.reasons:
        return EpisodeOutcome(DRAFT, "; ".join(refusals))
    end_of_trial = Change(Kind.SHADOW, adapted.id, approver, "approved", {}, {}, retired=True)
    changes = (
        risk_entry(request, adapted),
        *([end_of_trial] if on_trial else []),
        detector_change(request, adapted),
    )
    return EpisodeOutcome(ANNOUNCED, None, changes)


def detector_change(request: Request, adapted: Adapted) -> Change:
    """Detector, tails, threshold and scale of risk as one entry, so that they are swapped together."""
    proposal = adapted.proposal
    fitted = {"threshold": proposal.verdict.threshold, "risk_share": proposal.risk_share}
    return _change(Kind.DETECTOR, request, adapted, fitted | adapted.surge_values())


def risk_entry(request: Request, adapted: Adapted) -> Change:
    """The rules that follow for the flagged entities; one entry per episode."""
    reason = f"transactions flagged as {request.name!r}"
    return risk_change(adapted.risk, request.episode_id, request.author, reason, request.name)


def _shadow_change(request: Request, adapted: Adapted) -> Change:
    """The detector in a shadow slot. Its threshold is its own and changes no decision."""
    return _change(Kind.SHADOW, request, adapted, {"shadow_threshold": adapted.proposal.verdict.threshold})


def _change(kind: Kind, request: Request, adapted: Adapted, fitted: dict[str, float]) -> Change:
    live, flagged = adapted.proposal.verdict.live, adapted.flagged
    ids = tuple(row.transaction_id for row in flagged.fraud[:MOST_NEAREST])
    nearest = FlaggedTransactions(ids, flagged.fraud_features()[:MOST_NEAREST])
    return Change(
        kind,
        adapted.id,
        request.author,
        request.reason or f"{len(flagged.fraud)} transactions flagged as {request.name!r}",
        {
            DETECTOR: live.detector.to_bytes(),
            TAILS: tails_to_bytes(live.tails),
            SUPPORT: nearest.to_bytes(),
        },
        {"episode": request.name, "episode_id": request.episode_id, "shift": live.shift} | fitted,
        adapted.parent,
    )
