"""Tables of the results."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

_BUDGET = ("batches_per_s", "transactions", "age", "work", "commit")


def print_rows(console: Console, rows: Sequence[dict[str, Any]]) -> None:
    table = Table(title="The same work, transactions a second")
    table.add_column("row")
    for column in ("transactions", "wall", "per CPU s", "peak MiB", "x Kafka Streams", "x per CPU s"):
        table.add_column(column, justify="right")
    for row in rows:
        if row.get("missing"):
            table.add_row(row["name"], str(row["missing"]).splitlines()[0][:60])
            continue
        ratios = (row["ratio_to_kafka_streams"], row["ratio_to_kafka_streams_cpu"])
        numbers = (row["transactions"], row["wall_tx_per_s"], row["cpu_tx_per_s"], row["peak_mib"])
        table.add_row(row["name"], *(f"{n:,.0f}" for n in numbers), *(_ratio(r) for r in ratios))
    console.print(table)


def print_latency(console: Console, latency: Sequence[dict[str, Any]]) -> None:
    table = Table(title="Produce to committed score, milliseconds")
    for column in ("what", "transactions a second", "p50", "p95", "p99", "measured"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for row in latency:
        numbers = (f"{row[p]:.1f}" for p in ("p50_ms", "p95_ms", "p99_ms"))
        table.add_row(row["name"], f"{row['rate']:,}", *numbers, f"{row['transactions']:,}")
    console.print(table)


def print_costs(console: Console, latency: Sequence[dict[str, Any]]) -> None:
    """Print what each measured flow cost, and where its milliseconds went."""
    measured = [row for row in latency if "costs" in row]
    totals = Table(title="Costs of a second")
    for column in ("what", "rate", "broker CPU s", "worker CPU s", "commits", "requests", "of these most"):
        totals.add_column(column, justify="left" if column in ("what", "of these most") else "right")
    budget = Table(title="Where the milliseconds go: means over batches")
    for column in ("what", "rate", "stage", "batches a second", "transactions", "age", "work", "commit"):
        budget.add_column(column, justify="left" if column in ("what", "stage") else "right")
    for row in measured:
        costs, requests = row["costs"], row["costs"]["requests"]
        most = sorted(requests.items(), key=lambda item: -item[1])[:6]
        numbers = (f"{costs[name]:.2f}" for name in ("broker_cpu", "worker_cpu"))
        totals.add_row(
            row["name"], f"{row['rate']:,}", *numbers, f"{costs['commits']:.0f}",
            f"{sum(requests.values()):.0f}", ", ".join(f"{kind} {n:.0f}" for kind, n in most),
        )  # fmt: skip
        for stage, steps in costs["steps"].items():
            figures = (steps.get(name, 0.0) for name in _BUDGET)
            budget.add_row(row["name"], f"{row['rate']:,}", stage, *(f"{figure:.1f}" for figure in figures))
    console.print(totals)
    console.print(budget)


def print_growth(console: Console, growth: dict[str, Any]) -> None:
    table = Table(title="Cost and memory as things grow (in memory, one thread)")
    for column in ("what", "how many", "microseconds a transaction", "MiB"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what in ("cards", "detectors"):
        for row in growth.get(what, ()):
            table.add_row(what, f"{row[what]:,}", f"{row['us_per_tx']:.2f}", f"{row['mib']:,.1f}")
    console.print(table)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
