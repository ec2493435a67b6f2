"""The figures of a demo, as `--json` writes them."""

from pathlib import Path

import msgspec

from flagfive.demo.observer import Observer


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What the story measured; times in milliseconds from the analyst's flag.

    Attributes:
        tx_per_s: transactions scored a second over the live part.
        false_positive_rate_before, false_positive_rate_after: alerts among genuine payments.
        lost: transactions sent and never scored; doubled: scores beyond one for a transaction.
        money_held: amount of the pattern's payments that the detector caught.
    """

    transactions_scored: int
    tx_per_s: float
    flag_to_adapted_ms: float
    flag_to_live_ms: float
    recall_before: float
    recall_after: float
    false_positive_rate_before: float
    false_positive_rate_after: float
    budget: float
    money_held: float
    lost: int
    duplicated: int

    @property
    def improved(self) -> bool:
        """Whether the episode made detection better, which is what a demo must show."""
        return self.recall_after > self.recall_before

    def write(self, path: Path) -> None:
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
    """The figures at the end of the story."""
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
