"""Report transactions that a stage has lost, so that the return stage does not wait for them."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from contracts.seal import Seal
from contracts.stage_batch import EVERY_BATCH, LOST_KEY, ForeignBatch, LostRows
from contracts.undecodable import UNDECODABLE
from features.byte_strings import ByteStrings
from stream.batch import Batch
from stream.partition.stage import Output
from stream.stages.poison import Poison
from stream.wire.writer import EncodedBatch


class LossNotices:
    """Builds notices for the partitions of `topic` that the lost transactions came from."""

    def __init__(self, topic: str, partitions: int, seal: Seal) -> None:
        self._topic = topic
        self._partitions = partitions
        self._seal = seal

    def of_poison(self, batch: Batch, poison: Sequence[Poison]) -> list[Output]:
        """Return notices of transactions of `batch` that cannot be processed."""
        rows = [one.row for one in poison]
        places = zip(batch.source_partition[rows].tolist(), batch.batch_end[rows].tolist(), strict=True)
        return [self._output(at, LostRows(end, count)) for (at, end), count in Counter(places).items()]

    def of_unknown(self) -> list[Output]:
        """Return notices that transactions of any partition and batch may be lost."""
        return [self._output(at, LostRows(EVERY_BATCH, 0)) for at in range(self._partitions)]

    def _output(self, partition: int, lost: LostRows) -> Output:
        value = msgspec.msgpack.encode(lost)
        values = ByteStrings.from_list([value + self._seal.of(self._topic, partition, value)])
        return Output(self._topic, partition, EncodedBatch(ByteStrings.from_list([LOST_KEY]), values))


def read_lost_rows(value: memoryview | bytes) -> LostRows:
    """Read the value of a notice of lost transactions.

    Raises:
        ForeignBatch: it is not such a notice.
    """
    try:
        lost = msgspec.msgpack.decode(value, type=LostRows)
    except UNDECODABLE as error:
        raise ForeignBatch(f"not a notice of lost rows: {error}") from error
    if lost.batch_end < EVERY_BATCH or lost.rows < 0:
        raise ForeignBatch("a notice of impossible rows")
    return lost
