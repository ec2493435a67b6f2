"""Previews of episodes."""

from __future__ import annotations

from dataclasses import replace

from console.access.viewer import Viewer
from console.audit import Act
from console.context import ConsoleContext
from console.errors import Refused
from console.models.results import CannotScore, DraftMatches
from console.results.preview import (
    EpisodePreview,
    GateOpinion,
    MatchExamples,
    SupportCheck,
    TradeOffCurve,
    TradeOffRow,
)
from console.results.transactions import TransactionRow
from console.services.asking import ask, request_by, require_answer
from console.services.flagging import EpisodeFlags
from console.services.row_lookup import rows_of_ids
from contracts.answer import Answer, Draft
from contracts.trade_off import TradeOff, in_words
from storage.labels import FRAUD, GENUINE

SHOWN = 200
"""Matches listed, highest surprise first."""
EXAMPLES = 5
WORKED_WITHIN_S = 20.0
"""Seconds to wait: the worker may be busy."""


def preview(
    context: ConsoleContext,
    viewer: Viewer,
    flags: EpisodeFlags,
    *,
    days: float,
    share: float | None = None,
    matches: bool = True,
) -> EpisodePreview:
    """Get a draft from the worker, and search the last `days` of event time for its matches.

    Args:
        context: database and worker.
        viewer: who asks.
        flags: the flagged transactions.
        days: days of event time that are searched.
        share: the chosen point on the curve of the trade-off; None leaves the choice to the gate.
        matches: whether to search; without, the draft is kept for a later call that does.

    Raises:
        Invalid: the flags are invalid.
        Refused: the worker refuses.
        WorkerUnresponsive: the worker did not answer in time.
    """
    flags.check()
    key = tuple(flags.fraud), tuple(flags.genuine), share
    answer = context.drafts.take(key) if matches else None
    if answer is None:
        answer = _ask(context, viewer, flags, days, share)
    assert answer.draft is not None  # `_ask` refuses an answer without one
    if not matches:
        context.drafts.keep(key, answer)
        return replace(_told(context, flags, answer.draft, list(answer.notes), None, ""), searched=False)
    found, why = _look_back(context, answer.draft, days)
    return _told(context, flags, answer.draft, list(answer.notes), found, why)


def _ask(
    context: ConsoleContext, viewer: Viewer, flags: EpisodeFlags, days: float, share: float | None
) -> Answer:
    """Return the worker's answer with a draft."""
    request = request_by(
        context,
        viewer,
        "preview",
        name="preview",
        fraud=tuple(flags.fraud),
        genuine=tuple(flags.genuine),
        share=share,
    )
    after = {"ids": list(flags.fraud), "days": days, "share": share}
    act = Act("preview", request.request_id, after=after)
    answer = require_answer(ask(context, viewer, request, act, within_s=WORKED_WITHIN_S), request)
    if answer.draft is None:
        raise Refused(answer.message)
    return answer


def _look_back(context: ConsoleContext, draft: Draft, days: float) -> tuple[DraftMatches | None, str]:
    try:
        return context.models.look_back(draft, days), ""
    except CannotScore as lack:
        return None, str(lack)


def _told(
    context: ConsoleContext,
    flags: EpisodeFlags,
    draft: Draft,
    notes: list[str],
    found: DraftMatches | None,
    why: str,
) -> EpisodePreview:
    own = {*flags.fraud, *flags.genuine}
    best = [one for one in found.best if one not in own][:SHOWN] if found else []
    with context.unit(reads_only=True) as unit:
        rows = rows_of_ids(context, unit, best)
        support = rows_of_ids(context, unit, list(flags.fraud))
    currencies = {row.currency for row in support}
    return EpisodePreview(
        support=SupportCheck(
            list(draft.set_aside),
            list(draft.strangers),
            [list(group) for group in draft.patterns],
            draft.usual_at,
            draft.found,
            notes,
        ),
        gate=GateOpinion(not draft.refusals, "; ".join(draft.refusals)),
        trade_off=_curve(draft.trade_off) if draft.trade_off is not None else None,
        added_alert_rate=draft.added_alert_rate,
        matches=rows,
        total_matches=found.total if found else None,
        days=found.days if found else None,
        alerts_a_day=found.added_a_day if found else None,
        frauds_caught=found.fraud if found else None,
        false_positives=found.genuine if found else None,
        cost=found.genuine_amount if found else None,
        currency=currencies.pop() if len(currencies) == 1 else "",
        examples=_examples(rows),
        why_no_matches=why,
    )


def _curve(found: TradeOff) -> TradeOffCurve:
    rows = [
        TradeOffRow(
            one.share,
            one.found,
            one.caught,
            one.known_lost,
            one.money,
            one.alerts,
            one.confidence,
            list(one.over),
            in_words(one, found.currency),
        )
        for one in found.points
    ]
    return TradeOffCurve(rows, found.chosen, found.currency)


def _examples(rows: list[TransactionRow]) -> MatchExamples:
    return MatchExamples(
        [row for row in rows if row.verdict == FRAUD][:EXAMPLES],
        [row for row in rows if row.verdict == GENUINE][:EXAMPLES],
    )
