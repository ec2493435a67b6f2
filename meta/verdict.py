"""The gate's limits, its findings, and the reasons against going live."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from meta.live import LiveDetector
from meta.support_checks import TwoPatterns
from meta.trade_off import TradeOff, TradeOffPoint

_TOO_MUCH = 1.25  # times the budget

Objective = Literal["frauds", "money"]
"""What the gate maximises: frauds caught a day, or their amount."""


@dataclass(frozen=True)
class Limits:
    """What a detector must keep to go live, and what it is chosen by.

    Attributes:
        budget: Share of genuine traffic that may be alerted, 0 to 1.
        allowed_loss: Recall that each set of known fraud may lose, 0 to 1.
        most_alerts: Alerts a day that may be added; 0 is no limit.
        objective: What is maximised; `money` counts frauds where amounts are not known.
        confidence: Probability that the gain is above 0, at least this, 0 to 1.
        surge: Part of the budget that this detector may add for a time, 0 to 1.

    Confidence and loss were chosen on earlier windows of Handbook and Sparkov:
    docs/decisions/0006-a-gate-that-weighs.md.
    """

    budget: float = 0.001
    allowed_loss: float = 0.05
    most_alerts: float = 0.0
    objective: Objective = "frauds"
    confidence: float = 0.6
    surge: float = 0.0

    @property
    def with_surge(self) -> float:
        """Share of genuine traffic that may be alerted with the detector, 0 to 1."""
        return self.budget * (1.0 + self.surge)


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Verdict:
    """The detector, its effect on alerts, and the reasons why it stays a draft.

    Attributes:
        live: The detector with its tails and its share of the budget.
        threshold: Joint threshold of base and all detectors, as surprise.
        alert_rate: Share of the reservoir that is alerted with the detector.
        added: Share of the reservoir that the detector itself alerts on.
        found: Share of the flags that are found by a detector made without them.
        softly_found: The same, but flags near the threshold count in part.
        losses: Recall that each replay set loses, by name.
        reasons: Reasons against going live, in words.
        trade_off: What every share would bring and cost a day, and the chosen one.
        set_aside: Flags that look like ordinary traffic to the others. The detector is made without them,
            and all figures on flags are those of the rest.
        strangers: Flags that the others do not lead to.
        two_patterns: Two groups of flags that do not lead to each other; None for one pattern.
        usual_at: Share of genuine traffic that looks as much like the pattern as the median left-out flag.
        causes: Kinds of `reasons`: `budget`, `flags`, `replay`, `alerts`.
    """

    live: LiveDetector
    threshold: float
    alert_rate: float
    added: float
    found: float
    softly_found: float
    losses: dict[str, float]
    reasons: tuple[str, ...]
    trade_off: TradeOff
    set_aside: tuple[int, ...] = ()
    strangers: tuple[int, ...] = ()
    two_patterns: TwoPatterns | None = None
    usual_at: float = 0.0
    causes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether there is no reason against going live."""
        return not self.reasons


def reasons_against(
    rate: float, found: float, trade_off: TradeOff, limits: Limits, *, asked: bool = False
) -> list[tuple[str, str]]:
    """Return the reasons against going live, each as cause and text with what would make it pass.

    Args:
        rate: Share of genuine traffic that is alerted, 0 to 1.
        found: Share of left-out flags that are found, 0 to 1.
        trade_off: The curve and the chosen point.
        limits: What the detector must keep.
        asked: Whether a person chose the point. Then a doubtful gain is no reason; limits are.
    """
    said: list[tuple[str, str]] = []
    most = _TOO_MUCH * limits.with_surge
    if rate > most:
        said.append(("budget", f"alerts on {rate:.3%} of genuine traffic, allowed {most:.3%}"))
    said += trade_off.point.over
    if not asked and not trade_off.point.over and not _sure(trade_off.point, limits):
        said += _why_no_gain(found, trade_off, limits)
    return said


def _sure(point: TradeOffPoint, limits: Limits) -> bool:
    return point.gain > 0 and point.confidence >= limits.confidence


def _why_no_gain(found: float, trade_off: TradeOff, limits: Limits) -> list[tuple[str, str]]:
    """Name the limits that keep a gain out of reach; without such limits, say that the gain is doubtful."""
    best = trade_off.best
    if best.over and _sure(best, limits):
        promise = f"would find {best.found:.0%} of left-out flags, but "
        return [(cause, promise + text) for cause, text in best.over]
    text = (
        f"finds {found:.0%} of the flags when they are left out; a gain is {trade_off.point.confidence:.0%} "
        f"certain, needed {limits.confidence:.0%}. More flags of the same pattern would help"
    )
    return [("flags", text)]
