"""Workers, their partitions, and lag."""

from __future__ import annotations

from collections.abc import Mapping

from console.context import ConsoleContext
from console.lag import LagNow
from console.results.monitoring import PartitionRow, WorkerRow


def workers_of(context: ConsoleContext) -> list[WorkerRow]:
    """Return each worker that has sent an acknowledgement."""
    by_worker: dict[str, list[tuple[int, int, float]]] = {}
    for partition, ack in context.feedback.acks().items():
        by_worker.setdefault(ack.worker, []).append((partition, ack.offset, ack.time))
    return [
        WorkerRow(
            name,
            sorted(partition for partition, _, _ in those),
            min(offset for _, offset, _ in those),
            max(time for _, _, time in those),
        )
        for name, those in sorted(by_worker.items())
    ]


def partitions_of(
    context: ConsoleContext, ranges: Mapping[int, tuple[int, int]], lag: LagNow
) -> list[PartitionRow]:
    """Return each known partition; `ranges` holds its first and last stored offset."""
    acks = context.feedback.acks()
    return [
        PartitionRow(
            partition=one,
            worker=acks[one].worker if one in acks else None,
            end=lag.ends.get(one),
            committed=lag.committed.get(one),
            lag=max(0, lag.ends[one] - lag.committed[one]) if one in lag.committed else None,
            stored=ranges[one][1] if one in ranges else None,
        )
        for one in sorted({*ranges, *lag.ends, *acks})
    ]
