"""The figures of a demo, as the option `--json` writes them."""

from pathlib import Path
from typing import Protocol

import msgspec

from flagfive.demo.observer import Observer


class StoryFigures(Protocol):
    """The figures of any story."""

    @property
    def succeeded(self) -> bool:
        """Whether the story went as it should."""

    def write(self, path: Path) -> None:
        """Write the figures as JSON."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Measurements of a demo. `before` and `after` mean before and after the detector went live."""

    transactions_scored: int
    tx_per_s: float
    """Transactions scored a second during the live part."""
    flag_to_adapted_ms: float
    """Milliseconds from the flag to the adapted detector."""
    flag_to_live_ms: float
    """Milliseconds from the flag until every partition scores with the detector."""
    recall_before: float
    """Share of the pattern's payments that were alerted, 0 to 1."""
    recall_after: float
    false_positive_rate_before: float
    """Share of genuine payments that were alerted, 0 to 1."""
    false_positive_rate_after: float
    budget: float
    """Share of genuine traffic that may be alerted."""
    money_held: float
    """Amount of the alerted payments of the pattern, after, in EUR."""
    lost: int
    """Transactions that were sent and never scored."""
    duplicated: int
    """Scores beyond the first of a transaction."""

    @property
    def succeeded(self) -> bool:
        """Whether the episode raised recall on the pattern."""
        return self.recall_after > self.recall_before

    def write(self, path: Path) -> None:
        """Write the figures as JSON; create the folder if it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")


def figures_of(
    observer: Observer,
    *,
    sent: int,
    tx_per_s: float,
    flag_to_adapted_ms: float,
    flag_to_live_ms: float,
    budget: float,
) -> Figures:
    """Compute the figures at the end of the story.

    Args:
        observer: outcomes of all scores.
        sent: transactions sent.
        tx_per_s: transactions scored a second.
        flag_to_adapted_ms: milliseconds from the flag to the adapted detector.
        flag_to_live_ms: milliseconds from the flag until it was live.
        budget: share of genuine traffic that may be alerted.

    Returns:
        The figures.
    """
    before, after = observer.before, observer.after
    return Figures(
        transactions_scored=observer.scored,
        tx_per_s=round(tx_per_s, 1),
        flag_to_adapted_ms=flag_to_adapted_ms,
        flag_to_live_ms=flag_to_live_ms,
        recall_before=before.pattern.share,
        recall_after=after.pattern.share,
        false_positive_rate_before=before.genuine.share,
        false_positive_rate_after=after.genuine.share,
        budget=budget,
        money_held=round(after.pattern.amount_alerted, 2),
        lost=sent - observer.scored,
        duplicated=observer.doubled,
    )
