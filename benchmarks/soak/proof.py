"""What must hold after a soak.

1. Every transaction has exactly one score on `scored` and on `scores`, and every acknowledged payment is
   among them. A payment that was sent again has one score too, that of its first record.
2. The features of every score equal, to the bit, a fold of the committed topics: profiles never forked.
3. The database holds each score once.
4. Sampled scores recompute to the bit, by `flagfive recompute`.
5. The audit chain is whole, by `flagfive audit verify`.
6. No transaction of the broker is open, and no process ended that was not killed.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import func, select

from benchmarks.soak.fold import folded
from benchmarks.soak.system import System
from benchmarks.soak.topics import open_transactions, whole_topic
from contracts.stage_batch import features_matrix
from meta.arrays import Floats
from settings import Settings
from storage import StorageError, UnitOfWork, open_engine
from storage.scored_transactions import ScoredTransaction

RECOMPUTED = 2_000


@dataclass
class Proof:
    """Figures of the proof; `broken` lists what does not hold, and is empty after a good run.

    Attributes:
        transactions: Different ones on the topic `transactions`.
        acknowledged: Payments that the broker acknowledged; more may be there, of a sending whose success was
            not acknowledged.
        repeats: Further records of these transactions on the topic.
        again: Payments that were sent again on purpose; a producer that does not learn of its success
            repeats more.
        lost: Transactions without a score.
        doubled: Scores beyond the first of a transaction, scores of repeats among them.
        answered: Records on `scores`.
        ids: Different ids on `scores`.
        different: Scores whose features differ from the fold.
        recorded: Rows in the database.
        open_transactions: Partitions in which a transaction of the broker is open.
    """

    transactions: int
    acknowledged: int
    repeats: int
    again: int
    lost: int
    doubled: int
    answered: int
    ids: int
    different: int
    recorded: int
    open_transactions: int
    broken: list[str] = field(default_factory=list)

    def judge(self, system: System) -> None:
        """Note everything that does not hold."""
        holds = {
            f"{self.acknowledged - self.transactions:,} acknowledged payments are missing": (
                self.acknowledged <= self.transactions
            ),
            f"{self.again:,} payments were sent again, {self.repeats:,} repeats are there": (
                self.again <= self.repeats
            ),
            f"{self.lost:,} transactions have no score": not self.lost,
            f"{self.doubled:,} scores are doubled": not self.doubled,
            f"{self.answered:,} records with {self.ids:,} ids are on `scores`": (
                self.answered == self.ids == self.transactions
            ),
            f"{self.different:,} scores have other features than the fold": not self.different,
            f"{self.recorded:,} of {self.transactions:,} scores are in the database": (
                self.recorded == self.transactions
            ),
            f"{self.open_transactions} partitions have an open transaction": not self.open_transactions,
            "processes ended by themselves:\n" + "\n".join(system.ended): not system.ended,
        }
        self.broken += [otherwise for otherwise, held in holds.items() if not held]
        for verb in (("recompute", "--sample", str(RECOMPUTED)), ("audit", "verify")):
            said = _command(system, *verb)
            if said:
                self.broken.append(f"flagfive {' '.join(verb)}: {said}")


async def prove(system: System, *, acknowledged: int, again: int) -> Proof:
    """Read topics and database, and compare.

    Args:
        system: Runs; nothing is sent any more, and every transaction is recorded.
        acknowledged: Number of payments that the broker acknowledged.
        again: Number of payments that it acknowledged again.
    """
    settings = system.settings
    expected = await folded(settings)
    counts = [np.zeros(len(features), np.int64) for features in expected]
    different = 0
    for partition in range(settings.topics.partitions):
        topic = settings.topics.scored
        async for fetched in whole_topic(settings.broker, topic, partition):
            for message in fetched.values.to_list():
                different += _compare(message or b"", expected, counts)
    there = [~np.isnan(features).all(axis=1) for features in expected]
    transactions = int(sum(map(np.sum, there)))
    answered, ids = await _answers(settings)
    found = Proof(
        transactions=transactions,
        acknowledged=acknowledged,
        repeats=await _records(settings, settings.topics.transactions) - transactions,
        again=again,
        lost=int(sum(np.sum(is_there & (count == 0)) for is_there, count in zip(there, counts, strict=True))),
        doubled=int(
            sum(np.sum(np.maximum(n - is_there, 0)) for is_there, n in zip(there, counts, strict=True))
        ),
        answered=answered,
        ids=ids,
        different=different,
        recorded=recorded(settings),
        open_transactions=await _open_transactions(settings),
    )
    found.judge(system)
    return found


def recorded(settings: Settings) -> int:
    """Return the number of scored transactions in the database; 0 before its tables are there."""
    engine = open_engine(settings.storage.url)
    try:
        with UnitOfWork(engine, reads_only=True) as unit:
            return unit.session.scalar(select(func.count()).select_from(ScoredTransaction)) or 0
    except StorageError:
        return 0
    finally:
        engine.dispose()


def _compare(message: bytes, expected: list[Floats], counts: list[NDArray[np.int64]]) -> int:
    """Count the scores of one message, and return how many have other features than expected."""
    different = 0
    for batch in pa.ipc.open_stream(message):
        features = features_matrix(batch.column("features"))
        source, offset = (batch.column(name).to_numpy() for name in ("source_partition", "source_offset"))
        for partition in np.unique(source):
            here = source == partition
            np.add.at(counts[partition], offset[here], 1)
            same = features[here].view(np.int32) == expected[partition][offset[here]].view(np.int32)
            different += int(np.sum(~same.all(axis=1)))
    return different


async def _records(settings: Settings, topic: str) -> int:
    count = 0
    for partition in range(settings.topics.partitions):
        async for fetched in whole_topic(settings.broker, topic, partition):
            count += len(fetched)
    return count


async def _answers(settings: Settings) -> tuple[int, int]:
    """Return the number of scores on `scores`, and of different ids among them."""
    answered, ids = 0, set[bytes]()
    for partition in range(settings.topics.partitions):
        async for fetched in whole_topic(settings.broker, settings.topics.scores, partition):
            answered += len(fetched)
            ids.update(_id_of(value or b"") for value in fetched.values.to_list())
    return answered, len(ids)


def _id_of(score: bytes) -> bytes:
    """Return the id of a score, which comes first in its JSON."""
    return score.split(b'"', 4)[3]


async def _open_transactions(settings: Settings) -> int:
    topics = (settings.topics.scores, settings.topics.scored, settings.topics.alerts)
    partitions = settings.topics.partitions
    return sum([await open_transactions(settings.broker, name, partitions) for name in topics])


def _command(system: System, *arguments: str) -> str:
    """Run a command of flagfive; return what it says where it fails, else nothing."""
    command = [sys.executable, "-P", "-m", "flagfive", *arguments]
    done = subprocess.run(command, env=system.environment, capture_output=True, text=True)
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip()
