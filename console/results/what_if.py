"""Results of a what-if."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TermsEffect:
    """What terms would alert in the stored past.

    `frauds` and `fraud_amount` are known fraud, `caught` and `amount_caught` the alerted part of it.
    `false_alarms` are alerts known to be genuine, `unjudged` alerts without a verdict.
    """

    threshold: float
    """Threshold as surprise."""
    alerts: int
    alerts_a_day: float
    frauds: int
    caught: int
    fraud_amount: float
    amount_caught: float
    false_alarms: int
    unjudged: int


@dataclass(frozen=True)
class WhatIf:
    """Stored transactions scored under current and tried terms; `added` and `lost` count the differences."""

    days: float
    """Days of event time that were scored."""
    transactions: int
    limited: bool
    """Whether only the newest transactions of these days were scored, because there were too many."""
    now: TermsEffect
    then: TermsEffect
    added: int
    lost: int


@dataclass(frozen=True)
class WhatIfProgress:
    """Progress of the running what-if; only one runs at a time."""

    running: bool
    stage: str
    step: int
    steps: int
