"""Races the rows, and shows their figures side by side."""

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Any

from benchmarks.peers.java_peer import PeerMissing
from benchmarks.stream.check import WrongScores
from benchmarks.stream.measure import ContestantFailed, Measured
from benchmarks.stream.rows import NotInstalled, Race, Row
from flagfive.errors import UserError

KAFKA_STREAMS = "kafka_streams_exactly_once"
Say = Callable[[str], None]


def race_all(race: Race, rows: Sequence[Row], repeats: int, say: Say) -> list[dict[str, Any]]:
    """Run every row in turn, `repeats` times, so that a change of the machine's load affects all rows."""
    results: dict[str, list[Measured]] = {row.name: [] for row in rows}
    failures: dict[str, str] = {}
    for _ in range(repeats):
        for row in rows:
            if row.name in failures:
                continue
            count = race.few if row.slow else race.traffic.count
            try:
                measured = row.run(race, count)
            except (NotInstalled, PeerMissing, ContestantFailed, WrongScores, UserError) as error:
                failures[row.name] = str(error)
                say(f"{row.name}: {error}")
                continue
            results[row.name].append(measured)
            say(f"{row.name}: {measured.transactions / measured.wall_s:,.0f} transactions a second")
    return with_ratios([_figures(row.name, results[row.name], failures.get(row.name)) for row in rows])


def _figures(name: str, runs: Sequence[Measured], failure: str | None) -> dict[str, Any]:
    if failure is not None or not runs:
        missing = dict.fromkeys(("transactions", "wall_tx_per_s", "cpu_tx_per_s", "peak_mib"))
        return {"name": name, **missing, "missing": failure}
    return {
        "name": name,
        "transactions": runs[0].transactions,
        "wall_tx_per_s": median(run.transactions / run.wall_s for run in runs),
        "cpu_tx_per_s": median(run.transactions / run.cpu_s for run in runs),
        "peak_mib": max(run.peak_mib for run in runs),
        "runs_wall_tx_per_s": [run.transactions / run.wall_s for run in runs],
    }


def with_ratios(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add each row's ratio to Kafka Streams; None if one of the two is missing."""
    rows = list(rows)
    by_name = {row["name"]: row for row in rows}
    streams = by_name.get(KAFKA_STREAMS, {})

    def ratio(row: dict[str, Any], column: str) -> float | None:
        ours, theirs = row[column], streams.get(column)
        return ours / theirs if ours and theirs else None

    return [
        {
            **row,
            "ratio_to_kafka_streams": ratio(row, "wall_tx_per_s"),
            "ratio_to_kafka_streams_cpu": ratio(row, "cpu_tx_per_s"),
        }
        for row in rows
    ]
