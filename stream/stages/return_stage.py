"""The last stage: transactions are back in their card's partition, are put in order, and are scored."""

import time
from collections import Counter
from collections.abc import Sequence

import numpy as np

from contracts.stage_batch import stage_schema
from contracts.tracing.identity import Sampling
from features.vector import FeatureLayout
from stream.batch import from_messages, from_record_batch
from stream.partition.stage import Output, Resume, Work
from stream.stages.batch_notice import split_notices
from stream.stages.dead_letters import DeadLetters
from stream.stages.output_builder import OutputBuilder
from stream.stages.poison import process_without_poison
from stream.stages.resequence import NOTHING_YET, Waiting
from stream.transport.fetched_batch import FetchedBatch


class ReturnStage:
    """Scores complete batches in order. Satisfies `stream.partition.stage.Stage`.

    Waiting transactions are read again after a crash: the committed place stays at the first record that is
    still needed, and its note is the offset before which all transactions are scored.
    """

    def __init__(
        self,
        layout: FeatureLayout,
        entities: Sequence[str],
        output_builder: OutputBuilder,
        dead_letters: DeadLetters,
        sampling: Sampling,
    ) -> None:
        self._schema = stage_schema(entities, len(layout))
        self._output_builder = output_builder
        self._dead_letters = dead_letters
        self._sampling = sampling
        self._waiting = Waiting.nothing(self._schema)

    async def ready(self) -> None:
        await self._output_builder.ready()

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        emitted = int(committed.note) if committed else NOTHING_YET
        self._waiting = Waiting.nothing(self._schema, emitted)
        return committed.offset if committed else earliest

    def work(self, fetched: FetchedBatch) -> Work:
        began = time.time()
        notices, is_batch = split_notices(fetched)
        messages = fetched.values.take(is_batch)
        rows, counts = from_messages(messages, self._schema)
        told_at = np.repeat(fetched.records.offset[is_batch], counts)
        complete, waiting = self._waiting.with_arrived(notices, rows, told_at).take_complete()
        if waiting.emitted == self._waiting.emitted:
            return Work([], waiting, None, 0)
        resume = Resume(waiting.first_needed(fetched.next_offset), str(waiting.emitted))
        batch = from_record_batch(complete, self._schema)
        sent, scored, poison = process_without_poison(batch, self._output_builder.outputs_for)
        letters = self._dead_letters.letters_for_poison(batch, poison)
        return Work(
            [*self._dead_letters.outputs_for(letters), *sent.outputs],
            waiting,
            resume,
            len(scored),
            scored=sent.scored,
            rejected=Counter(letter.reason for letter in letters),
            oldest_arrival=scored.oldest_arrival,
            traced=self._sampling.choose(scored),
            began=began,
        )

    def publish(self, work: Work) -> None:
        self._waiting = work.change

    def discard(self, work: Work) -> None:
        """Do nothing: staged state was not applied."""

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        return []

    def checkpointed(self) -> None:
        """Do nothing: this stage has no checkpoints."""
