"""The last stage: transactions are back in their card's partition, are put in order, and are scored."""

import time
from collections.abc import Sequence

import numpy as np
from aiokafka import TopicPartition

from contracts.dead_letter import DeadLetter
from contracts.tracing.identity import Sampling
from stream.batch import from_record_batch
from stream.partition.stage import Output, Resume, Work
from stream.stages.dead_letters import DeadLetters, count_by_reason
from stream.stages.output_builder import OutputBuilder
from stream.stages.poison import process_without_poison
from stream.stages.resequence import NOTHING_YET, Waiting
from stream.stages.stage_messages import StageMessages
from stream.transport.fetched_batch import FetchedBatch


class ReturnStage:
    """Scores complete batches in order. Satisfies `stream.partition.stage.Stage`.

    Waiting transactions are read again after a crash: the committed place stays at the first record that is
    still needed, and its note is the offset before which all transactions are scored.
    """

    def __init__(
        self,
        partition: TopicPartition,
        messages: StageMessages,
        output_builder: OutputBuilder,
        dead_letters: DeadLetters,
        sampling: Sampling,
    ) -> None:
        self._messages = messages
        self._output_builder = output_builder
        self._dead_letters = dead_letters
        self._sampling = sampling
        self._partition = partition
        self._waiting = Waiting.nothing(messages.schema)
        self._unreported: list[DeadLetter] = []

    async def ready(self) -> None:
        await self._output_builder.ready()

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        emitted = int(committed.note) if committed else NOTHING_YET
        self._waiting = Waiting.nothing(self._messages.schema, emitted)
        self._unreported = []
        return committed.offset if committed else earliest

    def skip(self, first: int, end: int) -> None:
        self._unreported.append(self._dead_letters.letter_for_deleted(self._partition, first, end))
        self._waiting = self._waiting.torn_before(end)

    def work(self, fetched: FetchedBatch) -> Work:
        began = time.time()
        is_batch = fetched.records.keys.start < 0
        rows, told_at, foreign = self._messages.read(fetched, np.flatnonzero(is_batch))
        notices = self._messages.read_notices(fetched, np.flatnonzero(~is_batch))
        skipped = [*fetched.records.refused, *foreign, *notices.refused]
        refused = [*self._unreported, *self._dead_letters.letters_for_refused(fetched.partition, skipped)]
        arrived = self._waiting.with_arrived(notices.batches, rows, told_at, notices.lost)
        complete, waiting = arrived.take_complete()
        if waiting.emitted == self._waiting.emitted and not refused:
            return Work([], waiting, None, 0)
        resume = Resume(waiting.first_needed(fetched.next_offset), str(waiting.emitted))
        batch = from_record_batch(complete, self._messages.schema)
        sent, scored, poison = process_without_poison(batch, self._output_builder.outputs_for)
        letters = [*refused, *self._dead_letters.letters_for_poison(batch, poison)]
        return Work(
            [*self._dead_letters.outputs_for(letters), *sent.outputs],
            waiting,
            resume,
            len(scored),
            scored=sent.scored,
            rejected=count_by_reason(letters),
            oldest_arrival=scored.oldest_arrival,
            traced=self._sampling.choose(scored),
            began=began,
        )

    def publish(self, work: Work) -> None:
        self._waiting = work.change
        self._unreported = []

    def discard(self, work: Work) -> None:
        """Do nothing: staged state was not applied."""

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        return []

    def checkpointed(self) -> None:
        """Do nothing: this stage has no checkpoints."""
