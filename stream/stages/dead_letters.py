"""Send records that cannot be scored to the topic of dead letters, with the reason."""

import base64
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from aiokafka import TopicPartition
from numpy.typing import NDArray

from contracts.card_numbers import mask_card_data
from contracts.dead_letter import DELETED_UNREAD, POISON, REUSED_ID, DeadLetter
from features.byte_strings import ByteStrings
from features.rejects import RejectReason, Rejects
from stream.batch import Batch
from stream.partition.stage import Output
from stream.stages.poison import Poison
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.refused import Refused, merged
from stream.wire.writer import EncodedBatch

# The record itself stays at its offset; this part is enough to recognise it.
MOST_BYTES_KEPT = 64 * 1024
# Well under the largest message; one batch of letters holds 3,000 typical ones.
MOST_BYTES_IN_A_BATCH = 1 << 20


class DeadLetters:
    """Writes dead letters to one topic.

    Args:
        source: the topic that transactions come from.
        partitions: number of partitions of the topic; a letter keeps its record's partition number.
        keeps_bytes: whether a letter holds the first bytes of its record, with card data masked.
    """

    def __init__(self, topic: str, source: str, partitions: int, *, keeps_bytes: bool = False) -> None:
        self._keeps_bytes = keeps_bytes
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
        keeps = self._keeps_bytes and not rejects.may_hold_card_number[i]
        return DeadLetter(
            topic=fetched.partition.topic,
            partition=fetched.partition.partition,
            offset=int(fetched.records.offset[row]),
            reason=RejectReason(rejects.reason[i]).name.lower(),
            detail=rejects.detail[i],
            size=len(value),
            time=time.time(),
            value=_masked(value) if keeps else None,
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

    def letters_for_reused_ids(self, fetched: FetchedBatch, rows: NDArray[np.int32]) -> list[DeadLetter]:
        """Return letters of the records at `rows`, whose id another transaction had, without their bytes."""
        offsets, sizes = fetched.records.offset[rows], fetched.values.length[rows]
        return [
            DeadLetter(
                topic=fetched.partition.topic,
                partition=fetched.partition.partition,
                offset=offset,
                reason=REUSED_ID,
                detail="another transaction had this id",
                size=size,
                time=time.time(),
            )
            for offset, size in zip(offsets.tolist(), sizes.tolist(), strict=True)
        ]

    def letters_for_refused(self, partition: TopicPartition, refused: Sequence[Refused]) -> list[DeadLetter]:
        """Return letters of records that are not read, one for each reason."""
        return [
            DeadLetter(
                topic=partition.topic,
                partition=partition.partition,
                offset=one.first,
                reason=one.reason,
                detail=one.detail,
                size=one.size,
                time=time.time(),
                last_offset=one.last if one.records > 1 else None,
                records=one.records,
            )
            for one in merged(refused)
        ]

    def letter_for_deleted(self, partition: TopicPartition, first: int, end: int) -> DeadLetter:
        """Return the letter of offsets from `first` to `end` (not included) that were deleted unread."""
        gap = Refused(
            first, end - 1, end - first, 0, DELETED_UNREAD, "deleted by the broker before it was read"
        )
        return self.letters_for_refused(partition, [gap])[0]

    def outputs_for(self, letters: Sequence[DeadLetter]) -> Sequence[Output]:
        """Return outputs with letters of one source partition, for the partition of the same number."""
        return [
            Output(self._topic, letters[0].partition % self._partitions, EncodedBatch(None, values))
            for values in _batches([msgspec.json.encode(letter) for letter in letters])
        ]


def count_by_reason(letters: Sequence[DeadLetter]) -> Counter[str]:
    """Return the number of records in `letters`, by reason."""
    counts: Counter[str] = Counter()
    for letter in letters:
        counts[letter.reason] += letter.records
    return counts


def _batches(encoded: Sequence[bytes]) -> Iterator[ByteStrings]:
    """Cut into batches of bounded size: a fetch of tiny bad records has more letters than a message holds."""
    part: list[bytes] = []
    size = 0
    for letter in encoded:
        if part and size + len(letter) > MOST_BYTES_IN_A_BATCH:
            yield ByteStrings.from_list(part)
            part, size = [], 0
        part.append(letter)
        size += len(letter)
    if part:
        yield ByteStrings.from_list(part)


def _masked(value: bytes) -> str:
    text = mask_card_data(value[:MOST_BYTES_KEPT].decode(errors="replace"))
    return base64.b64encode(text.encode()).decode()
