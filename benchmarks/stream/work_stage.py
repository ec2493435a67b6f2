"""The benchmark's work as a stage of flagfive, with the same transport, partition worker and checkpoints."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.stream.sums import CardSums, StagedSums
from benchmarks.stream.task import UNITS, Network
from features.byte_strings import ByteStrings
from features.columns import Columns
from features.compiling import kernel
from features.decode import Decoder
from features.schema import TransactionSchema
from meta.kernels import dense, relu
from stream.checkpoint.checkpoint import Checkpoint
from stream.partition.stage import Output, Resume, Work
from stream.transport.fetched_batch import FetchedBatch
from stream.wire.json_kernels import MOST_BYTES_PER_NUMBER, put_bytes, put_fixed, put_string
from stream.wire.writer import EncodedBatch

_ROWS_AT_A_TIME = 512  # hidden units of this many rows fit into the second-level cache
_BEFORE_ID = np.frombuffer(b'{"transaction_id":', np.uint8)
_BEFORE_SCORE = np.frombuffer(b',"score":', np.uint8)
_AT_END = np.frombuffer(b',"version":1}', np.uint8)
_FIXED = len(_BEFORE_ID) + len(_BEFORE_SCORE) + len(_AT_END) + 2 + MOST_BYTES_PER_NUMBER
_MOST_BYTES_PER_BYTE = 6
_DECIMALS = 6


class CannotResume(RuntimeError):
    """A partition has a committed offset, but the benchmark always starts with a new group."""


class WorkStage:
    """Satisfies `stream.partition.stage.Stage`.

    Args:
        topic: receives the scores, each in its transaction's partition.
        checkpoint: None to write no checkpoints (in memory, without a broker).
    """

    def __init__(
        self,
        schema: TransactionSchema,
        network: Network,
        topic: str,
        partition: int,
        checkpoint: Checkpoint | None,
    ) -> None:
        self._decoder = Decoder(schema)
        self._network = network
        self._topic = topic
        self._partition = partition
        self._checkpoint = checkpoint
        self.sums = CardSums()

    async def ready(self) -> None:
        """Return immediately."""

    def skip(self, first: int, end: int) -> None:
        """Do nothing: a benchmark deletes nothing."""

    async def recover(self, committed: Resume | None, earliest: int) -> int:
        if committed is not None:
            raise CannotResume(f"partition {self._partition} was begun before, up to {committed.offset}")
        return earliest

    def work(self, fetched: FetchedBatch) -> Work:
        columns, rejects = self._decoder.decode(fetched.values, fetched.arrival)
        if len(rejects):
            raise ValueError(f"{len(rejects)} records of the benchmark do not decode: {rejects.detail[0]}")
        staged, inputs = self.sums.stage(columns.keys[0], columns.time, columns.amount)
        values = write_scores(columns, self.score(inputs))
        batch = EncodedBatch(columns.keys[0], values)
        output = Output(self._topic, self._partition, batch)
        return Work([output], staged, Resume(fetched.next_offset), len(columns))

    @classmethod
    def work_together(cls, parts: Sequence[tuple["WorkStage", FetchedBatch]]) -> list[Work]:
        return [stage.work(fetched) for stage, fetched in parts]

    def score(self, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return scores (n,) of inputs (n, 8), computed with the product's kernels."""
        out = np.empty((len(inputs), 1), np.float32)
        rows = min(_ROWS_AT_A_TIME, len(inputs))
        first, second = np.empty((rows, UNITS), np.float32), np.empty((rows, UNITS), np.float32)
        for begin in range(0, len(inputs), _ROWS_AT_A_TIME):
            part = inputs[begin : begin + _ROWS_AT_A_TIME]
            self._forward(part, first[: len(part)], second[: len(part)], out[begin : begin + len(part)])
        return out[:, 0]

    def publish(self, work: Work) -> None:
        self.sums.publish(cast(StagedSums, work.change))

    def discard(self, work: Work) -> None:
        """Do nothing, since staged rows are copies."""

    def checkpoint(self, position: int, *, due_only: bool) -> Sequence[Output]:
        if self._checkpoint is None or (due_only and not self._checkpoint.due()):
            return []
        return self._checkpoint.outputs(self.sums, position)

    def checkpointed(self) -> None:
        if self._checkpoint is not None:
            self._checkpoint.written(self.sums)

    def _forward(
        self,
        inputs: NDArray[np.float32],
        first: NDArray[np.float32],
        second: NDArray[np.float32],
        out: NDArray[np.float32],
    ) -> None:
        dense(inputs, self._network.first, _NO_BIAS, first)
        relu(first)
        dense(first, self._network.second, _NO_BIAS, second)
        relu(second)
        dense(second, self._network.third, _NO_BIAS, out)
        _sigmoid(out)


_NO_BIAS = np.zeros(UNITS, np.float32)


def write_scores(columns: Columns, score: NDArray[np.float32]) -> ByteStrings:
    """Encode `{"transaction_id":"t1","score":0.123456,"version":1}` for each transaction."""
    ids = columns.id
    out = np.empty(_FIXED * len(ids) + _MOST_BYTES_PER_BYTE * ids.nbytes, np.uint8)
    end = np.empty(len(ids), np.int64)
    _write(out, end, ids.buffer, ids.start, ids.end, score)
    return ByteStrings.in_a_row(out, end)


@kernel
def _write(
    out: NDArray[np.uint8],
    end: NDArray[np.int64],
    ids: NDArray[np.uint8],
    id_start: NDArray[np.int64],
    id_end: NDArray[np.int64],
    score: NDArray[np.float32],
) -> None:
    at = 0
    for i in range(len(end)):
        at = put_string(out, put_bytes(out, at, _BEFORE_ID), ids, id_start[i], id_end[i])
        at = put_fixed(out, put_bytes(out, at, _BEFORE_SCORE), score[i], _DECIMALS)
        at = put_bytes(out, at, _AT_END)
        end[i] = at


@kernel
def _sigmoid(x: NDArray[np.float32]) -> None:
    for r in range(len(x)):
        x[r, 0] = 1.0 / (1.0 + np.exp(-x[r, 0]))
