"""The plot of an example: one panel per question, one line per method, with bars for the 95% interval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from examples.scores import At, Example, Mean, Summary


def plot(example: Example, summary: Summary, path: Path) -> None:
    """Write the plot as PNG to `path`."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    panels = list(dict.fromkeys(mean.panel for mean in summary.means))
    figure, axes = pyplot.subplots(1, len(panels), figsize=(5 * len(panels), 4.5), squeeze=False)
    for panel, axis in zip(panels, axes[0], strict=True):
        here = [mean for mean in summary.means if mean.panel == panel]
        places = list(dict.fromkeys(mean.at for mean in here))
        for method in dict.fromkeys(mean.method for mean in here):
            _line(axis, [mean for mean in here if mean.method == method], places)
        axis.set_xticks(range(len(places)), [_said(at) for at in places])
        axis.set(title=panel, xlabel=example.x_label, ylabel=example.y_label)
        if panel in example.log_panels:
            axis.set_yscale("log")
        axis.legend(fontsize="small")
    figure.suptitle(example.title)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def _line(axis: Any, means: list[Mean], places: list[At]) -> None:
    x = [places.index(mean.at) for mean in means]
    y = [mean.mean for mean in means]
    below = [mean.mean - max(mean.low, 0.0) for mean in means]
    above = [mean.high - mean.mean for mean in means]
    axis.errorbar(x, y, yerr=[below, above], marker="o", capsize=3, label=means[0].method)


def _said(at: At) -> str:
    return at if isinstance(at, str) else f"{at:g}"
