"""Check the group's committed places against what is scored, before a worker continues there.

A broker can forget places for a moment. After a restart, its coordinator reads them from its log. Kafka 4.1.2
was seen to answer before it had read them all: first that nothing is committed, then with old places, without
an error. It noticed a second later ("the state machine of the coordinator is out of sync with the underlying
log"). A worker that believes it scores everything again. Places also go for good: after
`offsets.retention.minutes`, or when a person deletes the group.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiokafka import TopicPartition
from mode import get_logger

from contracts.metrics import scorer as metrics
from stream.partition.place import GroupPlace
from stream.partition.stage import Resume

# A coordinator reads its log within seconds.
PATIENCE_S = 30.0
_RETRY_S = 0.5

log = get_logger(__name__)


class CheckedPlace:
    """Satisfies `stream.partition.worker.Place`; for delivery exactly once.

    Scores and the place behind them become visible together, so a place before the newest score is wrong. The
    places of all stages of a partition number are asked for in one request: if one is wrong, all are.

    Args:
        group_place: the group's places.
        scored_end: returns the offset after the newest scored transaction of a partition; 0 if there is none.
        announced_end: returns the offset after the newest batch that the first stage announced; 0 if none.
        inputs: input topics of the stages in order; the last stage scores.
        patience_s: how long to ask again, in seconds.
    """

    def __init__(
        self,
        group_place: GroupPlace,
        scored_end: Callable[[int], Awaitable[int]],
        announced_end: Callable[[int], Awaitable[int]],
        inputs: Sequence[str],
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._group_place = group_place
        self._scored_end = scored_end
        self._announced_end = announced_end
        self._inputs = inputs
        self._patience_s = patience_s

    async def committed(self, partition: TopicPartition) -> Resume | None:
        """The committed place, once it is not before the newest score.

        If it stays before it, the log decides. The stage that scores continues after the newest score, the
        first one after the last batch that it announced, and those between at their checkpoints.

        Raises:
            KafkaError: the broker does not answer, or not yet.
        """
        # First, since a place of a later moment is never before it.
        scored = await self._scored_end(partition.partition)
        own, last = await self._places(partition)
        if self._fits(last, scored):
            return own
        metrics.PLACES_WRONG.labels(partition.topic).inc()
        log.error(
            "%s: the last stage's place is %s, but transactions before offset %d are scored; asking again "
            "for %.0f s",
            partition,
            last,
            scored,
            self._patience_s,
        )
        return await self._ask_again(partition, scored)

    async def earliest(self, partition: TopicPartition) -> int:
        """The first offset that the broker still has."""
        return await self._group_place.earliest(partition)

    async def _ask_again(self, partition: TopicPartition, scored: int) -> Resume | None:
        """Ask until two answers are the same and fit: a coordinator that still reads gives others."""
        loop = asyncio.get_running_loop()
        until, before = loop.time() + self._patience_s, None
        while True:
            await asyncio.sleep(_RETRY_S)
            own, last = await self._places(partition)
            if self._fits(last, scored) and own == before:
                return own
            if loop.time() > until:
                return await self._mended(partition, own, scored)
            before = own

    async def _places(self, partition: TopicPartition) -> tuple[Resume | None, Resume | None]:
        """Return the places of a partition and of the last stage's partition with the same number."""
        together = [TopicPartition(topic, partition.partition) for topic in self._inputs]
        places = await self._group_place.places(together)
        return places[partition], places[together[-1]]

    def _fits(self, last: Resume | None, scored: int) -> bool:
        if last is None:
            return scored == 0
        return scored <= (last.offset if len(self._inputs) == 1 else int(last.note))

    async def _mended(self, partition: TopicPartition, place: Resume | None, scored: int) -> Resume | None:
        log.error("%s: the group's place stays %s; the log decides instead", partition, place)
        first, last = self._inputs[0], self._inputs[-1]
        if first == last:
            return Resume(scored)
        if partition.topic == first:
            announced = await self._announced_end(partition.partition)
            return Resume(announced) if announced else place
        if partition.topic == last:
            return Resume(place.offset if place else await self.earliest(partition), str(scored))
        return place
