"""PNG plots of all measurements."""

from pathlib import Path
from typing import Any


def draw(measured: dict[str, Any], folder: Path) -> list[Path]:
    """Write one plot per part into `folder`; return the files written."""
    import matplotlib

    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    if measured["rows"]:
        drawn.append(_throughput(measured["rows"], folder / "throughput.png"))
    if measured["latency"]:
        drawn.append(_latency(measured["latency"], folder / "latency.png"))
    if measured["growth"]:
        drawn.append(_growth(measured["growth"], folder / "growth.png"))
    return drawn


def _throughput(rows: list[dict[str, Any]], path: Path) -> Path:
    figure, axes = _figure(1)
    there = [row for row in rows if row["wall_tx_per_s"]]
    place = range(len(there))
    axes[0].barh([y + 0.2 for y in place], [row["wall_tx_per_s"] / 1e3 for row in there], 0.4, label="wall")
    axes[0].barh([y - 0.2 for y in place], [row["cpu_tx_per_s"] / 1e3 for row in there], 0.4, label="CPU")
    axes[0].set_yticks(list(place), [row["name"] for row in there])
    axes[0].set_xlabel("thousand transactions a second")
    axes[0].legend()
    return _saved(figure, path)


def _latency(latency: list[dict[str, Any]], path: Path) -> Path:
    figure, axes = _figure(1)
    names = [f"{row['name']} {row['rate']:,}/s" for row in latency]
    for share, marker in (("p50_ms", "o"), ("p95_ms", "s"), ("p99_ms", "^")):
        axes[0].plot([row[share] for row in latency], names, marker, label=share[:-3])
    axes[0].set_xlabel("milliseconds from produce to committed score")
    axes[0].set_xlim(left=0)
    axes[0].legend()
    return _saved(figure, path)


def _growth(growth: dict[str, Any], path: Path) -> Path:
    figure, axes = _figure(4)
    for row, what in enumerate(("cards", "detectors")):
        for column, (key, label) in enumerate((("us_per_tx", "microseconds a transaction"), ("mib", "MiB"))):
            axis = axes[2 * row + column]
            points = growth[what]
            axis.plot([point[what] for point in points], [point[key] for point in points], "o-")
            axis.set(xscale="log", xlabel=what, ylabel=label)
            axis.set_ylim(bottom=0)
    return _saved(figure, path)


def _figure(parts: int) -> tuple[Any, list[Any]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4 if parts == 1 else 7), layout="constrained")
    return figure, [figure.add_subplot(1 if parts == 1 else 2, 1 if parts == 1 else 2, n + 1)
                    for n in range(parts)]  # fmt: skip


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=120)
    return path
