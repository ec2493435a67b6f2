"""Read the records of a fetched batch: payments on the first stage, Arrow on the others."""

from typing import Protocol

import numpy as np

from contracts.dead_letter import DeadLetter
from features.byte_strings import ByteStrings
from features.columns import Columns
from features.reading import Floats
from features.rejects import Rejects
from features.vector import FeatureLayout
from stream.batch import Batch, from_record_batch
from stream.stages.dead_letters import DeadLetters
from stream.stages.stage_messages import StageMessages
from stream.transport.fetched_batch import FetchedBatch


class RecordReader(Protocol):
    def read(self, fetched: FetchedBatch) -> tuple[Batch, list[DeadLetter]]:
        """Return the transactions of a fetched batch, and the dead letters of its other records."""


class Decodes(Protocol):
    def decode(self, values: ByteStrings, arrival: Floats) -> tuple[Columns, Rejects]:
        """Return the columns of n records, and those that are rejected."""


class TransactionReader:
    """Decodes records of payments and begins their feature vectors; other records become dead letters."""

    def __init__(self, decoder: Decodes, layout: FeatureLayout, dead_letters: DeadLetters) -> None:
        self._decoder = decoder
        self._layout = layout
        self._dead_letters = dead_letters

    def read(self, fetched: FetchedBatch) -> tuple[Batch, list[DeadLetter]]:
        columns, rejects = self._decoder.decode(fetched.values, fetched.arrival)
        features = np.zeros((len(columns), len(self._layout)), np.float32)
        self._layout.own_features(columns, features)
        batch = Batch(
            columns,
            np.full(len(columns), fetched.partition.partition, np.int32),
            fetched.records.offset[columns.row],
            np.full(len(columns), fetched.next_offset, np.int64),
            fetched.arrival[columns.row],
            features,
            self._layout.no_links(len(columns)),
        )
        refused = self._dead_letters.letters_for_refused(fetched.partition, fetched.records.refused)
        return batch, [*refused, *self._dead_letters.letters_for(fetched, rejects)]


class BatchReader:
    """Reads the Arrow batches of the stage before."""

    def __init__(self, messages: StageMessages, dead_letters: DeadLetters) -> None:
        self._messages = messages
        self._dead_letters = dead_letters

    def read(self, fetched: FetchedBatch) -> tuple[Batch, list[DeadLetter]]:
        rows, _, refused = self._messages.read(fetched, np.arange(len(fetched)))
        refused = [*fetched.records.refused, *refused]
        letters = self._dead_letters.letters_for_refused(fetched.partition, refused)
        return from_record_batch(rows, self._messages.schema), letters
