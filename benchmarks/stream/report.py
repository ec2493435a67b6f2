"""Tables of the results."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


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
