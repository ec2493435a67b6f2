"""An adapted episode as entries of the control log."""

from __future__ import annotations

from adaptation.proposing.adapted import Adapted
from adaptation.proposing.risk import risk_change
from contracts.request import Request
from control.change import Change
from control.entry import Kind
from control.loading import DETECTOR, SUPPORT, TAILS, Flags, tails_to_bytes

MOST_NEAREST = 200
"""Flagged transactions that go with a detector, for alerts to name the nearest: at most about 40 KB."""


def detector_change(request: Request, adapted: Adapted) -> Change:
    """Detector, tails, threshold and scale of risk in one entry, so that they are swapped as one."""
    proposal = adapted.proposal
    fitted = {"threshold": proposal.verdict.threshold, "risk_share": proposal.risk_share}
    values = _values(request, adapted) | fitted
    return _change(Kind.DETECTOR, request, adapted, values)


def shadow_change(request: Request, adapted: Adapted) -> Change:
    """The same in a shadow slot: its threshold is its own, and changes nothing that decides."""
    values = _values(request, adapted) | {"shadow_threshold": adapted.proposal.verdict.threshold}
    return _change(Kind.SHADOW, request, adapted, values)


def risk_entry(request: Request, adapted: Adapted) -> Change:
    """What the flags say of their entities; one entry an episode."""
    reason = f"transactions flagged as {request.name!r}"
    return risk_change(adapted.risk, request.episode_id, request.author, reason, request.name)


def _values(request: Request, adapted: Adapted) -> dict[str, object]:
    return {
        "episode": request.name,
        "episode_id": request.episode_id,
        "shift": adapted.proposal.verdict.live.shift,
    }


def _change(kind: Kind, request: Request, adapted: Adapted, values: dict[str, object]) -> Change:
    live, flagged = adapted.proposal.verdict.live, adapted.flagged
    ids = tuple(row.transaction_id for row in flagged.fraud[:MOST_NEAREST])
    nearest = Flags(ids, flagged.fraud_features()[:MOST_NEAREST])
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
        values,
        adapted.parent,
    )
