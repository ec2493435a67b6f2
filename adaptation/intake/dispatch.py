"""One request after another: who works it, and what is answered where it cannot be done."""

from __future__ import annotations

import logging
import time
from threading import Event

from kafka.errors import KafkaError

from adaptation.context import AdaptationContext
from adaptation.going_live.approving import approve
from adaptation.going_live.flagging import flag
from adaptation.going_live.pending_change import PendingChange
from adaptation.intake.checks import RequestRefused, missing
from adaptation.intake.labelling import label
from adaptation.proposing.previewing import preview
from adaptation.upkeep.retiring import retire
from adaptation.upkeep.rolling_back import roll_back
from contracts.answer import Answer
from contracts.request import Request
from control.errors import ControlLogUnavailable
from storage import StorageError

log = logging.getLogger(__name__)

RECORDED_WITHIN_S = 2.0
"""An analyst may flag what was scored a moment ago; the recorder is at most this far behind."""
LOOK_S = 0.02
AWAY = (StorageError, ControlLogUnavailable, KafkaError)
"""What passes by itself: the request is worked again then, and nothing is answered."""


def work(
    context: AdaptationContext, request: Request, asked_at: float, stop: Event
) -> Answer | PendingChange:
    """Carry out `request`; whatever is wrong with it is answered, so that it never stops the next one.

    `asked_at` is when it reached the broker. Raises the errors in AWAY.
    """
    context.reread_policy()
    _wait_until_recorded(context, request, stop)
    try:
        match request.kind:
            case "flag":
                return flag(context, request, asked_at)
            case "preview":
                return preview(context, request, asked_at)
            case "label":
                return label(context, request)
            case "approve":
                return approve(context, request, asked_at)
            case "retire":
                return retire(context, request, asked_at)
            case "rollback":
                return roll_back(context, request, asked_at)
    except RequestRefused as refusal:
        return Answer(request.request_id, "refused", str(refusal), refusal.unknown)
    except AWAY:
        raise
    except Exception as error:
        # A fault of ours must not be met again and again by every restart: it is answered and logged.
        log.exception("adapter: request %s failed", request.request_id)
        return Answer(request.request_id, "failed", f"{type(error).__name__}: {error}")


def _wait_until_recorded(context: AdaptationContext, request: Request, stop: Event) -> None:
    """Give the recorder a moment for transactions that are not stored yet; who is still missing is told."""
    deadline = time.monotonic() + RECORDED_WITHIN_S
    while request.fraud or request.genuine:
        with context.unit(reads_only=True) as unit:
            if not missing(unit, request):
                return
        if time.monotonic() > deadline or stop.wait(LOOK_S):
            return
