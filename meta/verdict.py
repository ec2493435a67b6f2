"""The gate's findings, and the reasons against going live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meta.live import LiveDetector
from meta.support_checks import TwoPatterns

_TOO_MUCH = 1.25  # times the budget


@dataclass(frozen=True)
class Limits:
    """What a detector must keep to go live.

    Attributes:
        budget: Share of genuine traffic that may be alerted, 0 to 1.
        allowed_loss: Recall that a replay set may lose, 0 to 1.
        found_at_least: Share of left-out flags that must be found, 0 to 1.

    Three points of recall may be lost. With one point, one of nine demo runs ended as a draft although the
    left-out flags were found: its loss was 1.5 points, which 200 to 1,000 known frauds cannot tell from
    chance.
    """

    budget: float = 0.001
    allowed_loss: float = 0.03
    found_at_least: float = 0.25


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
        set_aside: Flags that look like ordinary traffic to the others. The detector is made without them,
            and all figures on flags are those of the rest.
        strangers: Flags that the others do not lead to.
        two_patterns: Two groups of flags that do not lead to each other; None for one pattern.
        usual_at: Share of genuine traffic that looks as much like the pattern as the median left-out flag.
        causes: Kinds of `reasons`: `budget`, `flags`, `replay`.
    """

    live: LiveDetector
    threshold: float
    alert_rate: float
    added: float
    found: float
    softly_found: float
    losses: dict[str, float]
    reasons: tuple[str, ...]
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
    rate: float,
    found: float,
    losses: Mapping[str, float],
    bounds: Mapping[str, float],
    limits: Limits,
) -> list[tuple[str, str]]:
    """Return the reasons against going live, each as cause and text."""
    said = []
    if rate > _TOO_MUCH * limits.budget:
        most = _TOO_MUCH * limits.budget
        said.append(("budget", f"alerts on {rate:.3%} of genuine traffic, allowed {most:.3%}"))
    if found < limits.found_at_least:
        least = limits.found_at_least
        said.append(("flags", f"finds {found:.0%} of the flags when they are left out, allowed {least:.0%}"))
    for name, loss in losses.items():
        if loss > bounds[name]:
            text = f"{name}: {loss:.1%} of its recall is lost, allowed {bounds[name]:.1%}"
            said.append(("replay", text))
    return said
