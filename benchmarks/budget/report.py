"""The results as a table, JSON and a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.budget.figures import Figures


def print_table(rows: Sequence[Figures]) -> None:
    """Print one row for each stream, budget and policy."""
    table = Table(
        "stream", "budget", "policy", "false alarms a day", "rate / budget", "days within 10%",
        "or one alarm", "worst day", "worst hour", "recall", "oracle's", "moves a day",
    )  # fmt: skip
    for one in rows:
        hour = "" if one.worst_hour is None else f"{one.worst_hour:.2f}"
        table.add_row(
            one.stream, f"{one.budget:.1%}", one.policy, f"{one.a_day:.0f}", f"{one.rate:.2f}",
            f"{one.days_within:.0%}", f"{one.days_within_one:.0%}", f"{one.worst_day:.2f}", hour,
            f"{one.recall:.3f}", f"{one.oracle_recall:.3f}", f"{one.moves_a_day:.0f}",
        )  # fmt: skip
    Console(width=170).print(table)


def write_json(rows: Sequence[Figures], path: Path) -> None:
    """Write all figures."""
    told = [asdict(one) | {"worst_day": one.worst_day} for one in rows]
    path.write_text(json.dumps(told, indent=1) + "\n")


def plot(rows: Sequence[Figures], path: Path) -> None:
    """Draw the rate of each day over the budget, a panel for each stream and budget."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    panels = list(dict.fromkeys((one.stream, one.budget) for one in rows))
    figure, axes = plt.subplots(1, len(panels), figsize=(5 * len(panels), 4), squeeze=False)
    for axis, panel in zip(axes[0], panels, strict=True):
        axis.axhspan(0.9, 1.1, color="0.9")
        for one in rows:
            if (one.stream, one.budget) == panel:
                axis.plot(one.days, marker=".", label=one.policy, lw=2.5 if one.policy == "steered" else 1)
        axis.set(
            title=f"{panel[0]}, {panel[1]:.1%}", xlabel="day", ylabel="false alarms / budget", ylim=(0, 3)
        )
        axis.legend()
    figure.savefig(path, dpi=120, bbox_inches="tight")
