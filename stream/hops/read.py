"""From span to batch: JSON on the first hop, Arrow on the others."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from features.decode import Decoder
from features.vector import FeatureLayout
from stream.batch import Batch
from stream.batch_arrow import batch_schema, from_messages, from_record_batch
from stream.hops.dead_letters import DeadLetter, DeadLetters
from stream.transport.span import Span


class Reader(Protocol):
    def read(self, span: Span) -> tuple[Batch, list[DeadLetter]]:
        """The transactions of a span, and the dead letters that it holds beside them."""


class TransactionReader:
    """Decodes raw transactions and starts their feature vectors; what does not decode is a dead letter."""

    def __init__(self, decoder: Decoder, layout: FeatureLayout, dead_letters: DeadLetters) -> None:
        self._decoder = decoder
        self._layout = layout
        self._dead_letters = dead_letters

    def read(self, span: Span) -> tuple[Batch, list[DeadLetter]]:
        columns, rejects = self._decoder.decode(span.values, span.arrival)
        features = np.zeros((len(columns), len(self._layout)), np.float32)
        self._layout.own_features(columns, features)
        batch = Batch(
            columns,
            np.full(len(columns), span.partition.partition, np.int32),
            span.records.offset[columns.row],
            np.full(len(columns), span.next_offset, np.int64),
            span.arrival[columns.row],
            features,
        )
        return batch, self._dead_letters.of(span, rejects)


class BatchReader:
    """Reads what the hop before sent."""

    def __init__(self, layout: FeatureLayout, entities: Sequence[str]) -> None:
        self._schema = batch_schema(entities, len(layout))

    def read(self, span: Span) -> tuple[Batch, list[DeadLetter]]:
        rows, _ = from_messages(span.values, self._schema)
        return from_record_batch(rows, self._schema), []
