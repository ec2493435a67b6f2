"""Passes each request to the code that handles it, and answers what cannot be done."""

from __future__ import annotations

import logging
import time
from threading import Event

from kafka.errors import KafkaError

from adaptation.context import AdaptationContext
from adaptation.going_live.approving import approve
from adaptation.going_live.flagging import flag
from adaptation.going_live.result import RequestResult
from adaptation.intake.checks import RequestRefused, missing
from adaptation.intake.labelling import label
from adaptation.intake.recalling import recall
from adaptation.proposing.previewing import preview
from adaptation.upkeep.decision_policy import accept_policy, save_policy
from adaptation.upkeep.named_lists import change_list
from adaptation.upkeep.retiring import retire
from adaptation.upkeep.rolling_back import roll_back
from adaptation.upkeep.rule_files import save_rules
from adaptation.upkeep.suppressing import suppress
from adaptation.upkeep.written_rules import save_rule
from contracts.answer import Answer
from contracts.request import Request
from control.errors import ControlLogUnavailable
from control.policy_entries import PROPOSAL_KEY
from storage import StorageError

log = logging.getLogger(__name__)

RECORDED_WITHIN_S = 2.0
"""An analyst may flag a transaction that was scored a moment ago; the recorder is at most this far behind."""
OLD_AFTER_S = 0.3
"""After so long without the recorder storing it, a transaction is looked for in the history store."""
LOOK_S = 0.02
TRANSIENT = (StorageError, ControlLogUnavailable, KafkaError)
"""Errors that pass by themselves: the request is handled again later, and nothing is answered."""


def handle(context: AdaptationContext, request: Request, asked_at: float, stop: Event) -> RequestResult:
    """Carry out a request under the standing policy in force.

    An invalid request and an error in our code are answered, so that neither blocks the requests after it.

    Args:
        context: database, control log, prepared calibration, standing policy.
        request: what is asked.
        asked_at: when it reached the broker, seconds since 1970-01-01 UTC.
        stop: ends the wait for transactions that are not stored yet.

    Returns:
        The answer, or the change whose acknowledgements are awaited before it.

    Raises:
        StorageError: the database is away.
        ControlLogUnavailable: the control log cannot be read or written.
        KafkaError: the broker is away.
    """
    context.reread_policy()
    _wait_until_recorded(context, request, stop)
    try:
        return _handle(context, request, asked_at)
    except RequestRefused as refusal:
        return Answer(request.request_id, "refused", str(refusal), refusal.unknown)
    except TRANSIENT:
        raise
    except Exception as error:
        # Every restart would meet an error in our code again, so it is answered and logged.
        log.exception("adapter: request %s failed", request.request_id)
        return Answer(request.request_id, "failed", f"{type(error).__name__}: {error}")


def _handle(context: AdaptationContext, request: Request, asked_at: float) -> RequestResult:
    match request.kind:
        case "flag":
            return flag(context, request, asked_at)
        case "preview":
            return preview(context, request, asked_at)
        case "label":
            return label(context, request)
        case "approve" if request.name == PROPOSAL_KEY:
            return accept_policy(context, request, asked_at)
        case "approve":
            return approve(context, request, asked_at)
        case "retire":
            return retire(context, request, asked_at)
        case "rollback":
            return roll_back(context, request, asked_at)
        case _:
            return _change(context, request, asked_at)


def _change(context: AdaptationContext, request: Request, asked_at: float) -> RequestResult:
    """Carry out a request that saves what people write."""
    match request.kind:
        case "policy":
            return save_policy(context, request, asked_at)
        case "list":
            return change_list(context, request, asked_at)
        case "suppress":
            return suppress(context, request, asked_at)
        case "rule" if not request.name:
            return save_rules(context, request, asked_at)
        case _:
            return save_rule(context, request, asked_at)


def _wait_until_recorded(context: AdaptationContext, request: Request, stop: Event) -> None:
    """Give the recorder a moment to store the transactions; fetch old ones from the history store.

    The check reports what is still missing.
    """
    began = time.monotonic()
    deadline, recalled = began + RECORDED_WITHIN_S, False
    while request.fraud or request.genuine:
        with context.unit(reads_only=True) as unit:
            lacking = missing(unit, request)
        if not lacking:
            return
        if not recalled and time.monotonic() - began > OLD_AFTER_S:
            recalled = True
            recall(context, lacking)
        elif time.monotonic() > deadline or stop.wait(LOOK_S):
            return
