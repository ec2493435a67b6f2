"""The topic of the answers: what the adaptation worker did with each request."""

from __future__ import annotations

import msgspec

from contracts.trade_off import TradeOff

VERSION = 1


class Draft(msgspec.Struct, frozen=True):
    """What an episode would become: the detector and the gate's verdict on it.

    Attributes:
        detector: safetensors bytes, as they would be stored. With `shift` and `threshold` they score earlier
            transactions.
        shift: surprise that is added to the detector's.
        threshold: joint surprise over which transactions would be alerted.
        refusals: the gate's reasons against going live; empty if it passes.
        added_alert_rate: share of genuine traffic alerted in addition to today's, 0 to 1.
        found: share of the flags that a detector made without them finds, 0 to 1.
        usual_at: share of genuine traffic alerted at the threshold that finds half of the left-out flags.
        strangers: ids of flags that a detector of the other flags does not find.
        patterns: ids of the flags in two groups, where the flags show two patterns.
        set_aside: ids of flags that the detector is made without, because they look like ordinary traffic to
            a detector of the other flags.
        trade_off: what each share of the budget would bring and cost a day, and the chosen one.
    """

    detector: bytes
    shift: float
    threshold: float
    refusals: tuple[str, ...]
    added_alert_rate: float
    found: float
    usual_at: float
    strangers: tuple[str, ...] = ()
    patterns: tuple[tuple[str, ...], ...] = ()
    set_aside: tuple[str, ...] = ()
    trade_off: TradeOff | None = None


class Answer(msgspec.Struct, frozen=True):
    """The outcome of one request.

    Attributes:
        status: the episode's status; without an episode `live` (a change is in force on every partition),
            `done`, `preview`, `refused` or `failed`.
        message: the outcome in words.
        unknown: ids of the request that no stored transaction has.
        live: number of partitions that score under the change.
        partitions: number of partitions that score.
        flag_to_adapted_ms: milliseconds from the request's arrival at the broker to the adapted detector.
        flag_to_announced_ms: the same, to the entry on the control log.
        flag_to_live_ms: the same, to the last partition's acknowledgement.
        notes: findings beside the outcome, such as shared entities, flags set aside, two patterns.
        draft: of a preview.
        trade_off: of a flag that was adapted: what each share of the budget would bring and cost a day.
        to_review: ids of transactions that look like the episode, though they count as genuine. Verdicts on
            them, as labels of the episode, clean its calibration.
        record: offset of the record that was not admitted, where it was not sent by who may send it. Only the
            sender of that record is meant, since anyone may have written it under this request id.
        version: of this message format.
    """

    request_id: str
    status: str
    message: str
    unknown: tuple[str, ...] = ()
    detector_id: str | None = None
    control_offset: int | None = None
    live: int | None = None
    partitions: int | None = None
    flag_to_adapted_ms: float | None = None
    flag_to_announced_ms: float | None = None
    flag_to_live_ms: float | None = None
    notes: tuple[str, ...] = ()
    draft: Draft | None = None
    trade_off: TradeOff | None = None
    to_review: tuple[str, ...] = ()
    record: int | None = None
    version: int = VERSION
