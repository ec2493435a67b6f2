"""The stage of one entity on one partition: read, fold, build outputs."""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import numpy as np
from mode import get_logger

from contracts.dead_letter import DeadLetter
from contracts.metrics import scorer as metrics
from contracts.metrics.retention import DELETED_UNREAD
from contracts.tracing.identity import Sampling
from features.profiles import Profiles, Staged
from features.seen_ids import SeenIds, StagedIds
from features.vector import FeatureLayout
from stream.batch import Batch, joined
from stream.checkpoint.checkpoint import Checkpoint
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.checkpoint.recovery import Recovery
from stream.partition.stage import Output, Resume, Work
from stream.stages.batch_notice import BatchNotices
from stream.stages.dead_letters import DeadLetters, count_by_reason
from stream.stages.loss_notices import LossNotices
from stream.stages.output_builder import OutputBuilder, Outputs
from stream.stages.poison import Poison, poison_within, process_without_poison
from stream.stages.record_readers import RecordReader
from stream.stages.repeats import Repeats, Sifted
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.partitioner import partition_by_key

log = get_logger(__name__)


class _Change(NamedTuple):
    profiles: Staged
    ids: StagedIds | None


class _Fold(NamedTuple):
    """A batch that is read and folded.

    Attributes:
        undecoded: dead letters of records that hold no transaction.
        sifted: what came again; None on later stages.
        read: the transactions to fold.
        batch: those of them that could be folded; the others are `unfolded`.
    """

    fetched: FetchedBatch
    undecoded: list[DeadLetter]
    sifted: Sifted | None
    read: Batch
    staged: Staged
    batch: Batch
    unfolded: list[Poison]


class EntityStage:
    """Folds one entity's profiles, which are its state. Satisfies `stream.partition.stage.Stage`.

    Args:
        entity: index of the entity in the schema; 0 is the primary one.
        layout: knows the columns of the entity's features.
        notices: announces batches to the return stage; only on the first of several stages.
        losses: reports lost transactions to the return stage; only on later stages.
        repeats: finds transactions that come again; only on the first stage.
        sampling: chooses the transactions whose spans are exported.
        partitions: number of partitions of every data topic.
        prepare: waits for what a batch needs from outside, before a replay folds it.
    """

    def __init__(
        self,
        entity: int,
        layout: FeatureLayout,
        reader: RecordReader,
        output_builder: OutputBuilder,
        dead_letters: DeadLetters,
        notices: BatchNotices | None,
        losses: LossNotices | None,
        repeats: Repeats | None,
        checkpoint: Checkpoint,
        recovery: Recovery,
        sampling: Sampling,
        partitions: int,
        prepare: Callable[[FetchedBatch], Awaitable[None]],
    ) -> None:
        self._entity = entity
        self._features = layout.entities[entity]
        self._reader = reader
        self._output_builder = output_builder
        self._dead_letters = dead_letters
        self._notices = notices
        self._losses = losses
        self._repeats = repeats
        self._checkpoint = checkpoint
        self._recovery = recovery
        self._sampling = sampling
        self._partitions = partitions
        self._prepare = prepare
        self.profiles = Profiles(entity)
        self._unreported: list[DeadLetter] = []
        self._lost_unknown = False

    @property
    def seen_ids(self) -> SeenIds | None:
        """The ids that are known, on the first stage."""
        return self._repeats.ids if self._repeats else None

    async def ready(self) -> None:
        await self._output_builder.ready()

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        self.profiles = Profiles(self._entity)
        if self._repeats:
            self._repeats.reset()
        start, refused = await self._recovery.restore(self.profiles, self._id_checkpoint)
        self._unreported = self._dead_letters.letters_for_refused(self._recovery.checkpoint, refused)
        if committed is None:  # at the first start; or the group has lost its places, but not its checkpoint
            return earliest if start is None else start
        begin, end = start or 0, committed.offset
        if begin < min(earliest, end):
            self._note_unfolded(begin, min(earliest, end))
        await self._recovery.replay(self._replay, max(earliest, begin), end)
        # With at least once, a checkpoint may be ahead of the place: all outputs before it are stored.
        return max(committed.offset, start or 0)

    def skip(self, first: int, end: int) -> None:
        self._unreported.append(self._dead_letters.letter_for_deleted(self._recovery.partition, first, end))
        self._lost_unknown = True

    def work(self, fetched: FetchedBatch) -> Work:
        return self.work_together([(self, fetched)])[0]

    @classmethod
    def work_together(cls, parts: Sequence[tuple["EntityStage", FetchedBatch]]) -> list[Work]:
        began = time.time()
        folds = [(stage, stage._fold(fetched)) for stage, fetched in parts]
        builder = parts[0][0]._output_builder
        sent, _, poison = process_without_poison(
            joined([fold.batch for _, fold in folds]), builder.outputs_for
        )
        works, end = list[Work](), 0
        for stage, fold in folds:
            begin, end = end, end + len(fold.batch)
            own = sent if not works else sent.without_outputs()
            works.append(stage._work(fold, poison_within(poison, begin, end), own, began))
        return works

    def _fold(self, fetched: FetchedBatch) -> _Fold:
        decoded, undecoded = self._reader.read(fetched)
        sifted = self._repeats.sift(decoded, fetched) if self._repeats else None
        read = sifted.fresh if sifted else decoded
        staged, batch, unfolded = process_without_poison(read, self._stage)
        return _Fold(fetched, undecoded, sifted, read, staged, batch, unfolded)

    def _work(self, fold: _Fold, unsent: Sequence[Poison], sent: Outputs, began: float) -> Work:
        """Return the work of this partition: outputs of its own, and those of `sent`."""
        sifted, batch, rows = fold.sifted, fold.batch, len(fold.batch) - len(unsent)
        letters = [
            *self._unreported,
            *fold.undecoded,
            *(sifted.letters if sifted else []),
            *self._dead_letters.letters_for_poison(fold.read, fold.unfolded),
            *self._dead_letters.letters_for_poison(batch, unsent),
        ]
        outputs = [
            *self._dead_letters.outputs_for(letters),
            *([self._notices.output_for(fold.fetched, rows)] if self._notices else []),
            *self._loss_outputs(fold.read, fold.unfolded),
            *self._loss_outputs(batch, unsent),
            *(self._losses.of_unknown() if self._losses and self._lost_unknown else []),
            *sent.outputs,
        ]
        return Work(
            outputs,
            _Change(fold.staged, sifted.staged if sifted else None),
            Resume(fold.fetched.next_offset),
            rows,
            scored=sent.scored,
            rejected=count_by_reason(letters),
            misplaced=self._misplaced(batch, fold.fetched.partition.partition) if self._entity == 0 else 0,
            repeated=sifted.repeated if sifted else 0,
            forgotten=sifted.staged.early if sifted else 0,
            oldest_arrival=batch.oldest_arrival,
            traced=self._sampling.choose(batch),
            began=began,
        )

    def publish(self, work: Work) -> None:
        self._publish(work.change)
        self._unreported = []
        self._lost_unknown = False

    def discard(self, work: Work) -> None:
        self.profiles.discard(work.change.profiles)
        if self._repeats:
            self._repeats.discard(work.change.ids)

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        if due_only and not self._checkpoint.due():
            return []
        return self._checkpoint.outputs(self.profiles, position, self._id_checkpoint)

    def checkpointed(self) -> None:
        self._checkpoint.written(self.profiles, self._id_checkpoint)
        if self._repeats:
            partition = str(self._recovery.partition.partition)
            metrics.SEEN_IDS.labels(partition).set(len(self._repeats.ids))

    @property
    def _id_checkpoint(self) -> IdCheckpoint | None:
        return self._repeats.checkpoint if self._repeats else None

    def _publish(self, change: _Change) -> None:
        self.profiles.publish(change.profiles)
        if self._repeats and change.ids:
            self._repeats.publish(change.ids)

    def _misplaced(self, batch: Batch, partition: int) -> int:
        """Return the number of transactions whose card belongs elsewhere; 0.02 microseconds for each."""
        return int(np.count_nonzero(partition_by_key(batch.columns.keys[0], self._partitions) != partition))

    def _loss_outputs(self, batch: Batch, poison: Sequence[Poison]) -> Sequence[Output]:
        return self._losses.of_poison(batch, poison) if self._losses and poison else []

    def _note_unfolded(self, first: int, end: int) -> None:
        """Report transactions whose scores stand, but which the profiles lack."""
        checkpoint = self._recovery.checkpoint
        log.error("%s: input offsets %d to %d are deleted; profiles lack them", checkpoint, first, end - 1)
        DELETED_UNREAD.labels(checkpoint.topic).inc(end - first)
        self._unreported.append(self._dead_letters.letter_for_deleted(checkpoint, first, end))

    async def _replay(self, fetched: FetchedBatch, until: int) -> None:
        fetched = fetched.until(until)
        await self._prepare(fetched)
        batch, _ = self._reader.read(fetched)
        sifted = self._repeats.sift(batch, fetched) if self._repeats else None
        staged, _, _ = process_without_poison(sifted.fresh if sifted else batch, self._stage)
        self._publish(_Change(staged, sifted.staged if sifted else None))

    def _stage(self, batch: Batch) -> Staged:
        """Fold the batch into staged profiles and write the entity's features and link into the batch."""
        links = batch.links[:, self._entity]
        return self.profiles.stage(batch.columns, batch.features[:, self._features], links=links)
