"""What the gate finds, and what speaks against going live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from meta.live import LiveDetector
from meta.support_checks import TwoPatterns

_TOO_MUCH = 1.25  # times the budget


@dataclass(frozen=True)
class Limits:
    """Budget as a share of genuine traffic, recall that a replay set may lose, flags that must be found
    again.

    Three points may be lost: with one point, one of nine demo runs ended as a draft although the left-out
    flags were found. Its loss was 1.5 points, which 200 to 1,000 known frauds cannot tell from chance.
    """

    budget: float = 0.001
    allowed_loss: float = 0.03
    found_at_least: float = 0.25


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Verdict:
    """The detector with its share, the threshold for all, and why it must stay a draft, if it must.

    `alert_rate` is the whole rate on the reservoir, `added` what comes on top of that before. `found` is the
    share of flags that a detector made without them finds, `softly_found` the same with flags near the
    threshold counting in part, `losses` the recall that each replay set loses. `set_aside` are flags that
    look like ordinary traffic to the others: the detector is made without them, and what is said of flags is
    said of the rest. `strangers` are flags that the others do not lead to, `usual_at` is the share of genuine
    traffic that looks as much like the pattern as half of the flags do when they are left out. `causes` are
    the kinds of `reasons`: `budget`, `flags`, `replay`.
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
        """Whether nothing speaks against going live."""
        return not self.reasons


def reasons_against(
    rate: float,
    found: float,
    losses: Mapping[str, float],
    bounds: Mapping[str, float],
    limits: Limits,
) -> list[tuple[str, str]]:
    """What speaks against it, as cause and text."""
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
