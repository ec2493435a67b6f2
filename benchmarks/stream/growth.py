"""Cost of a transaction and memory use, by number of cards and of detectors.

The work runs in memory, on one thread and without a broker: decode, card stage, merchant stage, score and
encode, as in the worker. The search for repeats is left out, since the same batches come again. All points
are measured in turn, several times; the median is reported.
"""

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import numpy as np

from benchmarks.stream.models import genuine_features, small_stack
from benchmarks.stream.topic import Traffic, records
from contracts.decision import Decision
from features.byte_strings import ByteStrings
from features.decode import Decoder
from features.profiles import Profiles
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from meta.artifacts import Artifacts
from meta.stack import ScoringStack
from settings import Settings
from stream.batch import Batch
from stream.scoring.decide import Scores
from stream.scoring.score_json import ScoreWriter
from stream.wire.writer import EncodedBatch
from stream.wiring import transaction_schema

CARDS = (10_000, 100_000, 1_000_000)
DETECTORS = (1, 10, 100, 1_000)
BATCH = 5_000
_MIB = 1 << 20
_TIMED = 50_000  # transactions timed per run


class Chain:
    """Both stages and the scorer with their state, called one after the other."""

    def __init__(self, schema: TransactionSchema, stack: ScoringStack) -> None:
        self._decoder, self._layout = Decoder(schema), FeatureLayout(schema)
        self._stack = stack
        self._writer = ScoreWriter(schema.id, schema.primary.field)
        self._winners = ["base", *(str(n) for n in range(len(stack.detectors)))]
        self.profiles = [Profiles(position) for position in range(len(schema.entities))]

    def work(self, values: ByteStrings) -> None:
        """Process one batch, from encoded transactions to encoded scores."""
        n = len(values)
        columns, _ = self._decoder.decode(values, np.full(n, 2e9))
        features = np.zeros((n, len(self._layout)), np.float32)
        self._layout.own_features(columns, features)
        for profiles, place in zip(self.profiles, self._layout.entities, strict=True):
            profiles.publish(profiles.stage(columns, features[:, place]))
        surprise, winner = self._stack.score(features)
        decision = np.full(n, Decision.APPROVE, np.int8)
        scores = Scores(surprise, winner + 1, self._winners, decision, 0, np.zeros((n, 2), np.float32))
        offset = np.arange(n)
        batch = Batch(
            columns,
            np.zeros(n, np.int32),
            offset,
            np.full(n, n),
            np.zeros(n),
            features,
            self._layout.no_links(n),
        )
        EncodedBatch(columns.keys[0], self._writer.write(batch, scores), 0)._build()

    @property
    def mib(self) -> float:
        """Return the memory of all profiles in MiB, without keys."""
        return sum(profiles.nbytes for profiles in self.profiles) / _MIB


def measure(say: Callable[[str], None], *, quick: bool = False) -> dict[str, Any]:
    """Return points by number of cards (at 10 detectors) and by number of detectors (at 10,000 cards)."""
    schema = transaction_schema(Settings())
    artifacts, genuine = Artifacts.load(), genuine_features(schema)
    repeats = 1 if quick else 5
    cards, detectors = (CARDS[:1], DETECTORS[:2]) if quick else (CARDS, DETECTORS)
    ten = small_stack(artifacts, genuine, 10)
    by_cards = {count: Chain(schema, ten) for count in cards}
    warmed = {count: _warm(chain, schema, count) for count, chain in by_cards.items()}
    found = {
        "cards": [
            {"cards": count, "us_per_tx": cost, "mib": by_cards[count].mib}
            for count, cost in _costs(by_cards, warmed, repeats).items()
        ]
    }
    say("growth by cards: " + ", ".join(f"{row['us_per_tx']:.2f}" for row in found["cards"]))
    stacks = {count: _many(ten, count) for count in detectors}
    chains = {count: Chain(schema, stack) for count, stack in stacks.items()}
    batches = {count: _warm(chain, schema, CARDS[0]) for count, chain in chains.items()}
    found["detectors"] = [
        {"detectors": count, "us_per_tx": cost, "mib": _stack_mib(stacks[count])}
        for count, cost in _costs(chains, batches, repeats).items()
    ]
    say("growth by detectors: " + ", ".join(f"{row['us_per_tx']:.2f}" for row in found["detectors"]))
    return found


def _warm(chain: Chain, schema: TransactionSchema, cards: int) -> list[ByteStrings]:
    """Process traffic until most cards (86%) are known, then return the batches to time."""
    for values in _batches(schema, Traffic(2 * cards, cards=cards, seed=3)):
        chain.work(values)
    return list(_batches(schema, Traffic(_TIMED, cards=cards, seed=4)))


def _batches(schema: TransactionSchema, traffic: Traffic) -> Iterator[ByteStrings]:
    for _, values in records(traffic, schema):
        for first in range(0, len(values), BATCH):
            yield values.take(slice(first, first + BATCH))


def _costs(chains: dict[int, Chain], batches: dict[int, list[ByteStrings]], repeats: int) -> dict[int, float]:
    """Return the microseconds per transaction of each chain, measured in turn."""
    runs: dict[int, list[float]] = {count: [] for count in chains}
    for _ in range(repeats):
        for count, chain in chains.items():
            runs[count].append(_timed(chain, batches[count]))
    return {count: median(found) for count, found in runs.items()}


def _timed(chain: Chain, batches: Sequence[ByteStrings]) -> float:
    gc.collect()
    began = time.process_time()
    for values in batches:
        chain.work(values)
    return (time.process_time() - began) / sum(map(len, batches)) * 1e6


def _many(stack: ScoringStack, count: int) -> ScoringStack:
    """Return a stack of `count` detectors that repeats those of `stack`; content does not affect cost."""
    live = [stack.detectors[number % len(stack.detectors)] for number in range(count)]
    return stack.replaced(live)


def _stack_mib(stack: ScoringStack) -> float:
    """Return the memory of all detectors' tables and tails in MiB, as the stack holds them for scoring."""
    tables = sum(tensor.nbytes for live in stack.detectors for tensor in live.detector.tensors.values())
    tails = sum(live.tails.knots.nbytes + live.tails.levels.nbytes for live in stack.detectors)
    return (tables + tails) / _MIB
