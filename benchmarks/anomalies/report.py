"""Results as a table, JSON and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.stats import rankdata


@dataclass(frozen=True)
class Row:
    """One method on one split of one table.

    Attributes:
        table: Name of the table.
        k: Number of labelled anomalies.
        seed: Seed of split and labels.
        method: Name of the method.
        auc_pr: Average precision over the test rows, 0 to 1.
        auc_roc: Area under the ROC curve, 0 to 1.
        seconds: Time to fit and score.
    """

    table: str
    k: int
    seed: int
    method: str
    auc_pr: float
    auc_roc: float
    seconds: float


@dataclass(frozen=True)
class Summary:
    """Means of one method over all tables and seeds that every method ran on.

    Attributes:
        method: Name of the method.
        auc_pr: Mean AUC-PR.
        auc_roc: Mean AUC-ROC.
        rank: Mean rank by AUC-PR among the methods; 1 is best.
        seconds: Mean time to fit and score.
    """

    method: str
    auc_pr: float
    auc_roc: float
    rank: float
    seconds: float


def summaries(rows: Sequence[Row], k: int) -> tuple[list[Summary], int]:
    """Return the summary of each method at `k`, best rank first, and the number of splits they share."""
    methods = list(dict.fromkeys(r.method for r in rows if r.k == k))
    cells = {(r.table, r.seed, r.method): r for r in rows if r.k == k}
    splits = list(dict.fromkeys((table, seed) for table, seed, _ in cells))
    shared = [s for s in splits if all((*s, method) in cells for method in methods)]
    if not shared:
        return [], 0
    of = {method: [cells[(*s, method)] for s in shared] for method in methods}
    ranks = np.array([rankdata([-cells[(*s, method)].auc_pr for method in methods]) for s in shared])
    found = [
        Summary(
            method,
            float(np.mean([r.auc_pr for r in of[method]])),
            float(np.mean([r.auc_roc for r in of[method]])),
            float(ranks[:, column].mean()),
            float(np.mean([r.seconds for r in of[method]])),
        )
        for column, method in enumerate(methods)
    ]
    return sorted(found, key=lambda summary: summary.rank), len(shared)


def print_summaries(rows: Sequence[Row]) -> None:
    """Print a table of means per number of labels."""
    for k in dict.fromkeys(r.k for r in rows):
        found, splits = summaries(rows, k)
        print(f"\nK {k}, {splits} splits: {'AUC-PR':>16}{'AUC-ROC':>9}{'mean rank':>11}{'seconds':>9}")
        for s in found:
            print(f"{s.method:24}{s.auc_pr:12.3f}{s.auc_roc:9.3f}{s.rank:11.2f}{s.seconds:9.2f}")


def write_json(rows: Sequence[Row], path: Path) -> None:
    """Write all rows and the summaries as one JSON object."""
    means = {str(k): [asdict(s) for s in summaries(rows, k)[0]] for k in dict.fromkeys(r.k for r in rows)}
    path.write_text(json.dumps({"rows": [asdict(r) for r in rows], "means": means}, indent=1))


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw mean AUC-PR and mean rank of each method, one panel per number of labels."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    counts = list(dict.fromkeys(r.k for r in rows))
    figure, axes = plt.subplots(1, len(counts), figsize=(6 * len(counts), 5), squeeze=False)
    for axis, k in zip(axes[0], counts, strict=True):
        found, splits = summaries(rows, k)
        for s in found:
            axis.scatter(s.rank, s.auc_pr, color="C1" if s.method == "flagfive" else "C0")
            axis.annotate(s.method, (s.rank, s.auc_pr), xytext=(4, 3), textcoords="offset points", fontsize=7)
        axis.set(title=f"{k} labels, {splits} splits", xlabel="mean rank (1 is best)", ylabel="mean AUC-PR")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)
