"""Send records that cannot be scored to the topic of dead letters, with the reason."""

import base64
import time
from collections.abc import Sequence

import msgspec

from contracts.dead_letter import DeadLetter
from features.byte_strings import ByteStrings
from features.rejects import RejectReason, Rejects
from stream.batch import Batch
from stream.partition.stage import Output
from stream.stages.poison import Poison
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.writer import EncodedBatch

# The record itself stays at its offset; this part is enough to recognise it.
MOST_BYTES_KEPT = 64 * 1024
POISON = "poison"  # well-formed, but processing it fails


class DeadLetters:
    """Writes dead letters to one topic.

    Args:
        source: the topic that transactions come from.
        partitions: number of partitions of the topic; a letter keeps its record's partition number.
    """

    def __init__(self, topic: str, source: str, partitions: int) -> None:
        self._topic = topic
        self._source = source
        self._partitions = partitions

    def letters_for(self, fetched: FetchedBatch, rejects: Rejects) -> list[DeadLetter]:
        """Return letters of the rejected records of a batch, in order."""
        return [self._letter(fetched, rejects, i) for i in range(len(rejects))]

    def _letter(self, fetched: FetchedBatch, rejects: Rejects, i: int) -> DeadLetter:
        row = int(rejects.row[i])
        (value,) = fetched.values.take(rejects.row[i : i + 1]).to_list()
        value = value or b""
        return DeadLetter(
            topic=fetched.partition.topic,
            partition=fetched.partition.partition,
            offset=int(fetched.records.offset[row]),
            reason=RejectReason(rejects.reason[i]).name.lower(),
            detail=rejects.detail[i],
            size=len(value),
            time=time.time(),
            value=None if rejects.may_hold_card_number[i] else _text(value),
        )

    def letters_for_poison(self, batch: Batch, poison: Sequence[Poison]) -> list[DeadLetter]:
        """Return letters of transactions that cannot be processed, without their bytes."""
        return [
            DeadLetter(
                topic=self._source,
                partition=int(batch.source_partition[one.row]),
                offset=int(batch.source_offset[one.row]),
                reason=POISON,
                detail=one.error,
                size=0,
                time=time.time(),
            )
            for one in poison
        ]

    def outputs_for(self, letters: Sequence[DeadLetter]) -> Sequence[Output]:
        """Return one output with letters of one source partition, for the partition of the same number."""
        if not letters:
            return []
        values = ByteStrings.from_list([msgspec.json.encode(letter) for letter in letters])
        batch = EncodedBatch(None, values)
        return [Output(self._topic, letters[0].partition % self._partitions, batch)]


def _text(value: bytes) -> str:
    return base64.b64encode(value[:MOST_BYTES_KEPT]).decode()
