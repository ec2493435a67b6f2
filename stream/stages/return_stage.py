"""The last stage: transactions are back in their card's partition, are put in order, and are scored."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from aiokafka import TopicPartition

from contracts.dead_letter import DeadLetter
from contracts.tracing.identity import Sampling
from stream.batch import Batch, from_record_batch
from stream.partition.stage import Output, Resume, Work
from stream.stages.dead_letters import DeadLetters, count_by_reason
from stream.stages.output_builder import OutputBuilder, Outputs
from stream.stages.poison import Poison, poison_within, process_without_poison
from stream.stages.resequence import NOTHING_YET, Waiting
from stream.stages.stage_messages import StageMessages
from stream.transport.fetched_batch import FetchedBatch


class _Arrival(NamedTuple):
    """What a fetch completes, as numbers of `rows` in order, and the state that then waits."""

    fetched: FetchedBatch
    refused: list[DeadLetter]
    rows: pa.RecordBatch
    complete: np.ndarray
    waiting: Waiting


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
        return self.work_together([(self, fetched)])[0]

    @classmethod
    def work_together(cls, parts: Sequence[tuple["ReturnStage", FetchedBatch]]) -> list[Work]:
        began = time.time()
        arrivals = [(stage, stage._arrive(fetched)) for stage, fetched in parts]
        first = parts[0][0]
        batch = _complete([arrival for _, arrival in arrivals], first._messages.schema)
        sent, _, poison = process_without_poison(batch, first._output_builder.outputs_for)
        works, end = list[Work](), 0
        for stage, arrival in arrivals:
            begin, end = end, end + len(arrival.complete)
            own = sent if not works else sent.without_outputs()
            rows = batch if len(arrivals) == 1 else batch.take(np.arange(begin, end))
            works.append(stage._work(arrival, rows, poison_within(poison, begin, end), own, began))
        return works

    def _arrive(self, fetched: FetchedBatch) -> _Arrival:
        is_batch = fetched.records.keys.start < 0
        rows, told_at, foreign = self._messages.read(fetched, np.flatnonzero(is_batch))
        notices = self._messages.read_notices(fetched, np.flatnonzero(~is_batch))
        skipped = [*fetched.records.refused, *foreign, *notices.refused]
        refused = [*self._unreported, *self._dead_letters.letters_for_refused(fetched.partition, skipped)]
        arrived = self._waiting.with_arrived(notices.batches, rows, told_at, notices.lost)
        return _Arrival(fetched, refused, arrived.rows, *arrived.take_complete())

    def _work(
        self, arrival: _Arrival, rows: Batch, poison: Sequence[Poison], sent: Outputs, began: float
    ) -> Work:
        """Return the work of this partition: outputs of its own, and those of `sent`."""
        waiting, refused = arrival.waiting, arrival.refused
        if waiting.emitted == self._waiting.emitted and not refused:
            return Work(sent.outputs, waiting, None, 0, scored=sent.scored)
        letters = [*refused, *self._dead_letters.letters_for_poison(rows, poison)]
        return Work(
            [*self._dead_letters.outputs_for(letters), *sent.outputs],
            waiting,
            Resume(waiting.first_needed(arrival.fetched.next_offset), str(waiting.emitted)),
            len(rows) - len(poison),
            scored=sent.scored,
            rejected=count_by_reason(letters),
            oldest_arrival=rows.oldest_arrival,
            traced=self._sampling.choose(rows),
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


def _complete(arrivals: Sequence[_Arrival], schema: pa.Schema) -> Batch:
    """Return what all arrivals complete. Arrow would take the rows, too, in ten times as long as numpy."""
    begin = np.cumsum([0, *(arrival.rows.num_rows for arrival in arrivals)])
    order = np.concatenate([at + one.complete for at, one in zip(begin, arrivals, strict=False)])
    return from_record_batch(pa.concat_batches([one.rows for one in arrivals]), schema).take(order)
