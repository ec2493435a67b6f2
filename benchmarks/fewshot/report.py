"""Rows of the results, as a table, JSON and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.fewshot.measure import Outcome

# two-sided 95% quantiles of Student's t by degrees of freedom, since there are only five episodes
_STUDENT = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}


@dataclass(frozen=True)
class Row:
    """One method on one held-out family at one K: means over seeds, recall with its 95% interval.

    `gap_closed` is (recall - base) / (oracle - base) of the same episodes.
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
    known_recall: float
    gap_closed: float


def row(
    dataset: str, held_out: str, k: int, method: str, outcomes: Sequence[Outcome], base: float, oracle: float
) -> Row:
    """Summarise the outcomes of all seeds; `base` and `oracle` are mean recalls."""
    recall = np.array([o.recall for o in outcomes])
    n = len(recall)
    wide = _STUDENT.get(n - 1, 1.96) * float(np.std(recall, ddof=1)) / n**0.5 if n > 1 else 0.0
    mean = float(recall.mean())
    return Row(
        dataset,
        held_out,
        k,
        method,
        mean,
        max(mean - wide, 0.0),
        min(mean + wide, 1.0),
        float(np.mean([o.average_precision for o in outcomes])),
        float(np.mean([o.alert_rate for o in outcomes])),
        float(np.mean([o.known_recall for o in outcomes])),
        (mean - base) / (oracle - base),
    )


def print_table(rows: Sequence[Row]) -> None:
    """Print a block per family, with a row per method and a column per number of flags."""
    families = dict.fromkeys((r.dataset, r.held_out) for r in rows)
    for dataset, held_out in families:
        part = [r for r in rows if (r.dataset, r.held_out) == (dataset, held_out)]
        counts = sorted({r.k for r in part})
        print(f"\n{dataset}, held out: {held_out}")
        print(
            f"{'method':34}"
            + "".join(f"{f'recall K {k}':>20}{'rate %':>8}{'known':>7}{'gap':>7}" for k in counts)
        )
        for method in dict.fromkeys(r.method for r in part):
            cells = {r.k: r for r in part if r.method == method}
            print(f"{method:34}" + "".join(_cell(cells.get(k)) for k in counts))


def print_means(rows: Sequence[Row]) -> None:
    """Print each method's mean gap closed over the families it ran on."""
    print(f"\n{'mean gap closed':34}" + "".join(f"{f'K {k}':>8}" for k in sorted({r.k for r in rows})))
    for method in dict.fromkeys(r.method for r in rows):
        means = [
            np.mean([r.gap_closed for r in rows if r.method == method and r.k == k] or [np.nan])
            for k in sorted({r.k for r in rows})
        ]
        print(f"{method:34}" + "".join(f"{m:8.3f}" for m in means))


def write_json(rows: Sequence[Row], path: Path, extra: dict[str, object]) -> None:
    """Write all rows and the other measurements as one JSON object."""
    path.write_text(json.dumps({"rows": [asdict(r) for r in rows], **extra}, indent=1))


def plot(rows: Sequence[Row], path: Path) -> None:
    """Draw recall against the number of flags, one panel per family."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    families = list(dict.fromkeys((r.dataset, r.held_out) for r in rows))
    figure, axes = plt.subplots(1, len(families), figsize=(4 * len(families), 4), sharey=True, squeeze=False)
    for axis, family in zip(axes[0], families, strict=True):
        for method in dict.fromkeys(r.method for r in rows):
            line = sorted(
                (r for r in rows if (r.dataset, r.held_out) == family and r.method == method),
                key=lambda r: r.k,
            )
            bold = method in ("flagfive", "base", "oracle")
            axis.plot([r.k for r in line], [r.recall for r in line], lw=2.5 if bold else 1, label=method)
        axis.set(title=f"{family[0]}: {family[1]}", xlabel="flags", xscale="log", xticks=[1, 5, 10, 20])
    axes[0][0].set_ylabel("recall at 0.1% false positives")
    axes[0][-1].legend(fontsize=6)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _cell(r: Row | None) -> str:
    if r is None:
        return " " * 42
    interval = f"{r.recall:.3f} [{r.recall_low:.2f} {r.recall_high:.2f}]"
    return f"{interval:>20}{r.alert_rate * 100:8.3f}{r.known_recall:7.3f}{r.gap_closed:7.2f}"
