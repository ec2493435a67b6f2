"""Notes an announced change in the audit log; its acknowledgements are awaited after that."""

from __future__ import annotations

from collections.abc import Mapping

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep
from adaptation.going_live.result import PendingChange
from contracts.request import Request


def noted(
    context: AdaptationContext,
    request: Request,
    subject: str,
    offset: int,
    asked_at: float,
    further: Mapping[str, object],
) -> PendingChange:
    """Note who changed what, and return the change whose acknowledgements are awaited.

    Args:
        context: database and clock.
        request: what was asked, and by whom.
        subject: key of the control entry, such as `rule/ID`.
        offset: its place on the control log.
        asked_at: when the request reached the broker, seconds since 1970-01-01 UTC.
        further: details beyond request, place and reason.
    """
    context.after(FlagStep.ANNOUNCED)
    details = {
        "request": request.request_id,
        "control_offset": offset,
        "reason": request.reason,
        **further,
    }
    with context.unit() as unit:
        unit.audit.append(
            request.author, request.kind, subject=subject, time=context.clock(), details=details
        )
        unit.commit()
    return PendingChange(request.request_id, offset, asked_at)
