"""Which batches of scores are committed."""

from __future__ import annotations

from decisions.scored import ScoredBatch


class Commits:
    """Batches of open transactions, by partition and producer."""

    def __init__(self) -> None:
        self._open: dict[tuple[int, int], list[ScoredBatch]] = {}

    def await_end(self, batch: ScoredBatch) -> None:
        """Note a batch of an open transaction."""
        if batch.producer is not None:
            self._open.setdefault((batch.partition, batch.producer), []).append(batch)

    def end(self, partition: int, producer: int, *, committed: bool) -> list[ScoredBatch]:
        """Return the batches of a transaction that has ended; they are durable if it was committed."""
        batches = self._open.pop((partition, producer), [])
        for batch in batches:
            batch.durable = committed
        return batches
