"""Which batches of scores are committed."""

from __future__ import annotations

from decisions.scored import ScoredBatch


class Commits:
    """Batches that are read but not committed yet.

    Two readers take no turns. So an uncommitted batch can come after the committed one of its offset or a
    later one; then it is known already, or was aborted.
    """

    def __init__(self) -> None:
        self._uncommitted: dict[int, dict[int, ScoredBatch]] = {}
        self._committed: dict[int, int] = {}

    def await_commit(self, batch: ScoredBatch) -> bool:
        """Note an uncommitted batch; return False if it comes too late to count."""
        if batch.offset <= self._committed.get(batch.partition, -1):
            return False
        self._uncommitted.setdefault(batch.partition, {})[batch.offset] = batch
        return True

    def commit(self, partition: int, offset: int) -> ScoredBatch | None:
        """Return the batch at this place of `scored`, now durable; None if it was not read before.

        Batches of the partition before it were aborted, since a partition has one writer at a time.
        """
        self._committed[partition] = offset
        batches = self._uncommitted.get(partition, {})
        while batches and (first := next(iter(batches))) < offset:
            del batches[first]
        batch = batches.pop(offset, None)
        if batch is not None:
            batch.durable = True
        return batch
