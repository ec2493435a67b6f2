"""Previews an episode: it is adapted and judged like a flagged one, but nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable

from adaptation.context import AdaptationContext
from adaptation.proposing.adapting import Adapted, adapt
from contracts.answer import Answer, Draft
from contracts.request import Request


def preview(context: AdaptationContext, request: Request, asked_at: float) -> Answer:
    """Check, adapt and judge; nothing is stored or announced. Raises RequestRefused."""
    adapted = adapt(context, request, asked_at)
    refusals = adapted.proposal.verdict.reasons
    said = "; ".join(refusals) if refusals else "the gate would let it pass"
    return Answer(
        request.request_id,
        "preview",
        said,
        flag_to_adapted_ms=adapted.flag_to_adapted_ms,
        notes=adapted.notes,
        draft=_draft(adapted),
    )


def _draft(adapted: Adapted) -> Draft:
    verdict = adapted.proposal.verdict
    parted = verdict.two_patterns
    return Draft(
        verdict.live.detector.to_bytes(),
        verdict.live.shift,
        verdict.threshold,
        tuple(verdict.reasons),
        verdict.added,
        verdict.found,
        verdict.usual_at,
        _ids(adapted, verdict.strangers),
        (_ids(adapted, parted.first), _ids(adapted, parted.second)) if parted else (),
        _ids(adapted, verdict.set_aside),
        adapted.trade_off,
    )


def _ids(adapted: Adapted, places: Iterable[int]) -> tuple[str, ...]:
    return tuple(adapted.flagged.fraud[place].transaction_id for place in places)
