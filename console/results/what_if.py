"""Results of a what-if."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TermsEffect:
    """What terms alert of the past: in all and a day, its known frauds and their money, and the rest.

    frauds and fraud_amount are what was known, caught and amount_caught what was alerted of it; false_alarms
    are alerts known to be genuine, unjudged alerts that nobody has judged.
    """

    threshold: float
    """As surprise."""
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
    """The past as it is scored now and as it would be then; `added` and `lost` count alerts of only one."""

    days: float
    """Of event time that were really looked at."""
    transactions: int
    limited: bool
    """Whether more were stored of these days than are looked at: the newest were taken."""
    now: TermsEffect
    then: TermsEffect
    added: int
    lost: int


@dataclass(frozen=True)
class WhatIfProgress:
    """How far the what-if that runs is; one runs at a time, whoever asked."""

    running: bool
    stage: str
    step: int
    steps: int
