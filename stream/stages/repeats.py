"""Take out the transactions whose id came before: those are scored once, and their answer stands."""

from dataclasses import dataclass

import numpy as np
from mode import get_logger

from contracts.dead_letter import DeadLetter
from features.seen_ids import SeenIds, StagedIds
from features.seen_kernels import NEW, OTHER_BODY, REPEAT
from stream.batch import Batch
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.stages.dead_letters import DeadLetters
from stream.transport.fetched_batch import FetchedBatch

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Sifted:
    """A batch without repeats.

    Attributes:
        fresh: transactions with new ids.
        staged: the ids, to be published or discarded.
        letters: of transactions with a known id and another body.
        repeated: number of transactions with a known id and the same body.
    """

    fresh: Batch
    staged: StagedIds
    letters: list[DeadLetter]
    repeated: int


class Repeats:
    """The ids that the first stage has seen on one partition.

    Args:
        window_s: seconds for which an id is known, over 0.
        most: number of ids that are known at most.
        dead_letters: writes letters.
    """

    def __init__(self, window_s: float, most: int, dead_letters: DeadLetters) -> None:
        self._window_s = window_s
        self._most = most
        self._dead_letters = dead_letters
        self.reset()

    def reset(self) -> None:
        """Forget all ids."""
        self.ids = SeenIds(self._window_s, self._most)
        self.checkpoint = IdCheckpoint(self.ids)
        self._is_full = False

    def sift(self, batch: Batch, fetched: FetchedBatch) -> Sifted:
        """Stage the ids of a batch, and take out the transactions whose id is known.

        Args:
            batch: the transactions that `fetched` holds.
            fetched: their records.
        """
        staged = self.ids.stage(batch.columns, batch.arrival)
        if len(staged.hashes) == len(batch):
            return Sifted(batch, staged, [], 0)
        verdict = staged.verdict
        reused = batch.columns.row[verdict == OTHER_BODY]
        letters = self._dead_letters.letters_for_reused_ids(fetched, reused)
        fresh = batch.take(np.flatnonzero(verdict == NEW))
        return Sifted(fresh, staged, letters, int(np.count_nonzero(verdict == REPEAT)))

    def publish(self, staged: StagedIds) -> None:
        """Make the ids known; say so once if the oldest are forgotten early."""
        self.ids.publish(staged)
        if staged.early and not self._is_full:
            self._is_full = True
            log.warning(
                "%d ids, the limit, came in less than the window: the oldest are forgotten early, and their "
                "repeats will be scored again (stream.repeat_ids)",
                self._most,
            )

    def discard(self, staged: StagedIds) -> None:
        """Forget ids whose batch was not committed."""
        self.ids.discard(staged)
