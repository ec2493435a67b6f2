"""Code shared by the Python peers: command line, records, and messages to the benchmark."""

import os
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from benchmarks.stream.task import Network, Sums


def tell(word: str) -> None:
    """Write a word to the benchmark through file descriptor 1, since frameworks replace `sys.stdout`."""
    os.write(1, f"{word}\n".encode())


class Transaction(msgspec.Struct):
    """All 8 fields of a transaction, as a typed consumer decodes them."""

    transaction_id: str
    card_id: str
    merchant_id: str
    amount: float
    time: int
    currency: str
    channel: str
    category: str


class Score(msgspec.Struct):
    transaction_id: str
    score: float
    version: int


@dataclass
class Race:
    """The command line, and the number of records processed so far."""

    broker: str
    topic: str
    output: str
    count: int
    network: Network
    done: int = 0

    @classmethod
    def from_command_line(cls) -> "Race":
        broker, topic, output, count, weights = sys.argv[1:6]
        return cls(broker, topic, output, int(count), Network.load(Path(weights)))

    @property
    def fresh_name(self) -> str:
        """Return a new name for a consumer group."""
        return f"bench-{uuid.uuid4().hex[:8]}"

    def begin(self) -> None:
        """Write `first` to the benchmark, once."""
        if self.done == 0:
            tell("first")

    def note(self, records: int = 1) -> bool:
        """Count processed records; return True once there are enough."""
        before, self.done = self.done, self.done + records
        return before < self.count <= self.done

    def end(self) -> None:
        tell("last")


class Scorer:
    """Decodes, folds and scores in Python, one transaction at a time or a list of them."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self.decode_one = msgspec.json.Decoder(Transaction).decode
        self.decode_many = msgspec.json.Decoder(list[Transaction]).decode
        self.encode = msgspec.json.Encoder().encode

    def score(self, sums: Sums, transaction: Transaction) -> bytes:
        inputs = np.array([sums.take(transaction.amount, transaction.time / 1000)], np.float32)
        return self.write(transaction, float(self._network.score(inputs)[0]))

    def score_many(self, inputs: list[list[float]]) -> list[float]:
        scores: list[float] = self._network.score(np.array(inputs, np.float32)).tolist()
        return scores

    def write(self, transaction: Transaction, score: float) -> bytes:
        return self.encode(Score(transaction.transaction_id, score, 1))
