"""Rows of the results, as a table, JSON and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import rankdata

from benchmarks.fewshot.measure import Outcome

# two-sided 95% quantiles of Student's t by degrees of freedom, since there are only five episodes
_STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


@dataclass(frozen=True)
class Row:
    """One method on one held-out family at one K: means over seeds, recall with its 95% interval.

    Shares are described in `Outcome`. `known_lost` is the base's known recall less the method's own, both at
    their own thresholds. `gap_closed` is (recall - base) / (oracle - base) of the same episodes, where the
    oracle ran. `each` holds the recall at equal rate of every episode, `reasons` what the gate said.
    """

    dataset: str
    held_out: str
    k: int
    method: str
    recall: float
    recall_low: float
    recall_high: float
    average_precision: float
    alert_rate: float
    equal_recall: float
    known_recall: float
    known_lost: float
    equal_known: float
    first_recall: float
    live: float
    gap_closed: float | None
    seconds: float
    each: tuple[float, ...] = ()
    reasons: tuple[str, ...] = ()


def row(
    dataset: str,
    held_out: str,
    k: int,
    method: str,
    outcomes: Sequence[Outcome],
    *,
    base: Sequence[Outcome],
    oracle: Sequence[Outcome],
    seconds: float,
) -> Row:
    """Summarise the outcomes of all seeds beside those of base and oracle, which may be missing."""
    recall = np.array([o.recall for o in outcomes])
    n = len(recall)
    wide = _STUDENT.get(n - 1, 1.96) * float(np.std(recall, ddof=1)) / n**0.5 if n > 1 else 0.0
    mean, known = float(recall.mean()), _mean(outcomes, "known_recall")
    lowest = _mean(base, "recall")
    return Row(
        dataset,
        held_out,
        k,
        method,
        mean,
        max(mean - wide, 0.0),
        min(mean + wide, 1.0),
        average_precision=_mean(outcomes, "average_precision"),
        alert_rate=_mean(outcomes, "alert_rate"),
        equal_recall=_mean(outcomes, "equal_recall"),
        known_recall=known,
        known_lost=_mean(base, "known_recall") - known,
        equal_known=_mean(outcomes, "equal_known"),
        first_recall=_mean(outcomes, "first_recall"),
        live=_mean(outcomes, "live"),
        gap_closed=(mean - lowest) / (_mean(oracle, "recall") - lowest) if oracle else None,
        seconds=seconds / n,
        each=tuple(o.equal_recall for o in outcomes),
        reasons=tuple(dict.fromkeys(reason for o in outcomes for reason in o.reasons)),
    )


def print_table(rows: Sequence[Row]) -> None:
    """Print a block per family and number of flags, with a row per method."""
    for dataset, held_out, k in dict.fromkeys((r.dataset, r.held_out, r.k) for r in rows):
        print(f"\n{dataset}, held out: {held_out}, {k} flags")
        print(f"{'method':34}{'recall':>20}{_HEAD}")
        for r in rows:
            if (r.dataset, r.held_out, r.k) == (dataset, held_out, k):
                interval = f"{r.recall:.3f} [{r.recall_low:.2f} {r.recall_high:.2f}]"
                print(f"{r.method:34}{interval:>20}{_cells(r)}")


def print_means(rows: Sequence[Row]) -> None:
    """Print the means of each method over the families that every method ran on, best mean rank first."""
    for k in dict.fromkeys(r.k for r in rows):
        part = [r for r in rows if r.k == k]
        families, ranks = mean_ranks(part)
        print(f"\nmeans over {len(families)} families, {k} flags")
        print(f"{'method':34}{'rank':>7}{'recall':>8}{_HEAD}")
        for method, rank in sorted(ranks.items(), key=lambda item: item[1]):
            of = [r for r in part if r.method == method and (r.dataset, r.held_out) in families]
            mean = _mean_row(of)
            print(f"{method:34}{rank:7.2f}{mean.recall:8.3f}{_cells(mean)}")


def mean_ranks(rows: Sequence[Row]) -> tuple[list[tuple[str, str]], dict[str, float]]:
    """Rank methods by recall at equal rate, episode by episode.

    Args:
        rows: Rows of one number of flags.

    Returns:
        The families that every ranked method ran on, and the mean rank of each method; 1 is best. The oracle
        and rows of flagfive under hardship are not ranked.
    """
    ranked = [r for r in rows if r.method != "oracle" and not r.method.startswith("flagfive, ")]
    methods = list(dict.fromkeys(r.method for r in ranked))
    cells = {(r.dataset, r.held_out, r.method): r for r in ranked}
    every = dict.fromkeys((r.dataset, r.held_out) for r in ranked)
    families = [f for f in every if all((*f, method) in cells for method in methods)]
    if not families:
        return [], {}
    recall = np.concatenate([[cells[(*f, method)].each for method in methods] for f in families], axis=1)
    ranks = np.array([rankdata(-np.round(episode, 6)) for episode in recall.T])
    return families, dict(zip(methods, ranks.mean(0).tolist(), strict=True))


def write_json(rows: Sequence[Row], path: Path, extra: dict[str, object]) -> None:
    """Write all rows, the mean ranks and the other measurements as one JSON object."""
    ranks = {str(k): mean_ranks([r for r in rows if r.k == k])[1] for k in dict.fromkeys(r.k for r in rows)}
    path.write_text(json.dumps({"rows": [asdict(r) for r in rows], "mean_ranks": ranks, **extra}, indent=1))


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw recall at equal rate against the number of flags, one panel per family."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    families = list(dict.fromkeys((r.dataset, r.held_out) for r in rows))
    columns = min(len(families), 5)
    height = -(-len(families) // columns)
    figure, axes = plt.subplots(
        height, columns, figsize=(4 * columns, 4 * height), sharey=True, squeeze=False
    )
    for axis, family in zip(axes.flat, families, strict=False):
        of_family = [r for r in rows if (r.dataset, r.held_out) == family]
        for method in dict.fromkeys(r.method for r in of_family):
            line = sorted((r for r in of_family if r.method == method), key=lambda r: r.k)
            bold = method in ("flagfive", "base", "oracle")
            width = 2.5 if bold else 1
            axis.plot([r.k for r in line], [r.equal_recall for r in line], "o-", ms=2, lw=width, label=method)
        axis.set(title=f"{family[0]}: {family[1]}", xlabel="flags", xscale="log", xticks=[1, 5, 10, 20])
    for row_of_axes in axes:
        row_of_axes[0].set_ylabel("recall at 0.1% false positives")
    axes.flat[0].legend(fontsize=6)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


_HEAD = f"{'equal':>8}{'first':>7}{'AP':>7}{'rate %':>8}{'known':>7}{'lost':>7}{'live':>6}{'gap':>7}{'s':>7}"
_MEANS = (
    "recall", "average_precision", "alert_rate", "equal_recall", "known_recall", "known_lost", "equal_known",
    "first_recall", "live", "seconds",
)  # fmt: skip


def _cells(r: Row) -> str:
    gap = f"{r.gap_closed:7.2f}" if r.gap_closed is not None else f"{'-':>7}"
    return (
        f"{r.equal_recall:8.3f}{r.first_recall:7.3f}{r.average_precision:7.3f}{r.alert_rate * 100:8.3f}"
        f"{r.known_recall:7.3f}{r.known_lost:7.3f}{r.live:6.2f}{gap}{r.seconds:7.2f}"
    )


def _mean_row(rows: Sequence[Row]) -> Row:
    values: dict[str, Any] = {name: float(np.mean([getattr(r, name) for r in rows])) for name in _MEANS}
    gaps = [r.gap_closed for r in rows if r.gap_closed is not None]
    gap = float(np.mean(gaps)) if len(gaps) == len(rows) else None
    return Row("", "", rows[0].k, rows[0].method, recall_low=0.0, recall_high=1.0, gap_closed=gap, **values)


def _mean(outcomes: Sequence[Outcome], name: str) -> float:
    return float(np.mean([getattr(o, name) for o in outcomes]))
