"""The profiles and ids of all partitions, folded from a file as workers fold them from the stream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from features.columns import Columns
from features.profiles import Profiles
from features.schema import TransactionSchema
from features.seen_ids import Extent, SeenIds
from features.seen_kernels import NEW, Verdicts
from features.vector import FeatureLayout
from stream.checkpoint.checkpoint import Checkpoint
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.partition.stage import Output
from stream.wire.partitioner import partition_of_profiles


class WarmState:
    """What workers would hold that saw the same transactions in the same order.

    A stage of a later entity gets the transactions of several cards in the order in which its topic holds
    them. Here that is the order of the file.

    Args:
        schema: the entities.
        partitions: partitions of every data topic.
        window_s: seconds for which an id is known; 0 keeps no ids.
        most_ids: ids of a partition that are known at most.
    """

    def __init__(self, schema: TransactionSchema, partitions: int, window_s: float, most_ids: int) -> None:
        self.layout = FeatureLayout(schema)
        self._partitions = range(partitions)
        self._window_s, self._most_ids = window_s, most_ids
        self._profiles = [[Profiles(entity) for _ in self._partitions] for entity in self._entities]
        self._ids = [SeenIds(window_s, most_ids) for _ in self._partitions] if window_s else []

    def __len__(self) -> int:
        """Profiles of all entities."""
        return sum(len(profiles) for of_entity in self._profiles for profiles in of_entity)

    def sift(self, columns: Columns) -> Verdicts:
        """Note the ids of n transactions, each as if it had arrived at its own time.

        Returns:
            `NEW`, `REPEAT` or `OTHER_BODY` of `features.seen_kernels` for each, int8 (n,).
        """
        verdict = np.full(len(columns), NEW, np.int8)
        if self._ids:
            for partition, rows in self._by_partition(0, columns):
                seen = self._ids[partition]
                staged = seen.stage(columns.take(rows), columns.time[rows])
                seen.publish(staged)
                verdict[rows] = staged.verdict
        return verdict

    def fold(self, columns: Columns) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Fold the next n transactions.

        Returns:
            Features as of just before each, float32 (n, d), and links, float32 (n, entities).
        """
        out, links = self.layout.empty(len(columns)), self.layout.no_links(len(columns))
        self.layout.own_features(columns, out)
        for entity, place in enumerate(self.layout.entities):
            for partition, rows in self._by_partition(entity, columns):
                profiles = self._profiles[entity][partition]
                found = np.empty((len(rows), place.stop - place.start), np.float32)
                met = np.empty(len(rows), np.float32)
                profiles.publish(profiles.stage(columns.take(rows), found, links=met))
                out[rows, place], links[rows, entity] = found, met
        return out, links

    def outputs(
        self, entity: int, topic: str, partition: int, position: int, newest_arrival: float
    ) -> Sequence[Output]:
        """Return a checkpoint of one entity in one partition.

        Args:
            entity: index of the entity.
            topic: checkpoint topic of the entity.
            partition: number of the partition.
            position: offset of the input from which workers go on.
            newest_arrival: when the newest of all ids counts as arrived, seconds since 1970; the others
                keep their distance from it.
        """
        ids = None
        if entity == 0 and self._ids:
            clock = max(seen.extent.clock for seen in self._ids)
            ids = IdCheckpoint(self._moved(self._ids[partition], newest_arrival - clock))
        return Checkpoint(topic, partition, 0.0).outputs(self._profiles[entity][partition], position, ids)

    @property
    def _entities(self) -> range:
        return range(len(self.layout.entities))

    def _by_partition(self, entity: int, columns: Columns) -> Iterator[tuple[int, NDArray[np.intp]]]:
        target = partition_of_profiles(entity, columns.keys[entity], len(self._partitions))
        for partition in np.unique(target).tolist():
            yield partition, np.flatnonzero(target == partition)

    def _moved(self, seen: SeenIds, by_s: float) -> SeenIds:
        """Return the same ids, arrived that much later."""
        old = seen.extent
        hashes, bodies = seen.ids(old.begin, old.end)
        first = old.starts - old.begin  # numbers begin at 0 again
        moved = SeenIds(self._window_s, self._most_ids)
        if len(hashes):
            extent = Extent(0, old.end - old.begin, old.clock + by_s, first, old.since + by_s)
            moved.restore(extent, hashes, bodies)
        return moved
