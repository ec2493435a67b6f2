"""`./run bench history [--rows N] [--json FILE]`: rows a second into the history store, and out of it.

Messages of `scored`, with features of simulated traffic, go the way of the recorder from the bytes on: read,
turned into columns, appended, committed. Then a look-back's columns are read again, with their features as
one matrix and the log-odds of one linear detector. Processor time counts all threads. Kafka is left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from contracts.scored_batch import scored_schema
from contracts.stage_batch import BatchFormat, features_array, to_message
from recorder.generations import Generations
from recorder.history import ROWS_PER_COMMIT
from recorder.history_rows import history_rows
from simulate.check import simulate_history
from storage.history import HistoryPlace, HistoryReader, HistoryStore, Upkeep
from storage.history.columns import features_of

KINDS = ("card", "merchant")
PARTITIONS, ROWS_OF_A_MESSAGE, DAY_S, DAYS = 12, 2_000, 86_400.0, 90
_EUR = (ord("E") << 16) | (ord("U") << 8) | ord("R")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./run bench history", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="transactions to store (default 5000000)")
    parser.add_argument("--json", type=Path, help="file for all figures")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(HistoryPlace(folder), arguments.rows)
    for name, value in figures.items():
        print(f"{name:40} {value:16,.1f}")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


def measure(place: HistoryPlace, rows: int) -> dict[str, float]:
    """Store rows, join their files, and look back over them."""
    features = simulate_history(1, 4_000, 12).features
    form = BatchFormat(scored_schema(KINDS, features.shape[1]))
    store, cpu, wall, stored = HistoryStore.open(place, KINDS), 0.0, 0.0, 0
    held = list[pa.RecordBatch]()
    for message in _messages(features, rows):
        began, cpu_began = time.monotonic(), _cpu()
        held.append(form.read(message))
        if len(held) * ROWS_OF_A_MESSAGE >= ROWS_PER_COMMIT:
            stored, held = stored + _append(store, held), []
        cpu, wall = cpu + _cpu() - cpu_began, wall + time.monotonic() - began
    began, cpu_began = time.monotonic(), _cpu()
    stored += _append(store, held) if held else 0
    cpu, wall = cpu + _cpu() - cpu_began, wall + time.monotonic() - began
    if stored != rows:
        raise SystemExit(f"{stored} of {rows} transactions were stored")
    size = sum(one.size for one in HistoryReader(store.table).files())
    figures = {"rows": float(rows), "stored a second of processor time": rows / cpu}
    figures |= {"stored a second": rows / wall, "bytes a row": size / rows}
    figures |= _looked_back(store, features.shape[1], "before compaction")
    began = time.monotonic()
    Upkeep(store).compact()
    figures["seconds of compaction"] = time.monotonic() - began
    return figures | _looked_back(store, features.shape[1], "after compaction")


def _append(store: HistoryStore, held: list[pa.RecordBatch]) -> int:
    return store.append(history_rows(held, [1.7e9] * len(held), Generations())).stored


def _looked_back(store: HistoryStore, width: int, when: str) -> dict[str, float]:
    store.table.refresh()
    weights = np.random.default_rng(0).normal(size=width).astype(np.float32)
    began, cpu_began, seen, over = time.monotonic(), _cpu(), 0, 0
    columns = ("transaction_id", "event_time", "amount", "decision", "features")
    for batch in HistoryReader(store.table).batches(columns):
        over += int((features_of(batch["features"], width) @ weights > 10).sum())
        seen += batch.num_rows
    seconds, cpu = time.monotonic() - began, _cpu() - cpu_began
    return {
        f"looked back over, {when}": float(seen),
        f"seconds, {when}": seconds,
        f"processor seconds, {when}": cpu,
        f"matches, {when}": float(over),
    }


def _messages(features: np.ndarray, rows: int) -> Iterator[bytes]:
    """Yield messages of twelve partitions in turn, over 90 days of event time."""
    random, schema = np.random.default_rng(1), scored_schema(KINDS, features.shape[1])
    for begin in range(0, rows, ROWS_OF_A_MESSAGE):
        n = min(ROWS_OF_A_MESSAGE, rows - begin)
        number, partition = np.arange(begin, begin + n), begin // ROWS_OF_A_MESSAGE % PARTITIONS
        times = 1.7e9 + number * DAYS * DAY_S / rows
        surprise = random.exponential(0.43, n)
        columns = {
            "source_partition": np.full(n, partition, np.int32),
            "source_offset": number,
            "batch_end": np.full(n, begin + n),
            "arrival": times,
            "id": [b"tx-%012d" % one for one in number.tolist()],
            "event_time": times,
            "amount": random.lognormal(4, 1, n).round(2),
            "currency": np.full(n, _EUR, np.int32),
            "category": random.integers(1, 9_999, n).astype(np.int32),
            "channel": np.ones(n, np.int8),
            "entity:card": [b"tok_%016d" % one for one in random.integers(0, 500_000, n).tolist()],
            "entity:merchant": [b"m%d" % one for one in random.integers(0, 20_000, n).tolist()],
            "features": features_array(features[number % len(features)]),
            "surprise": surprise,
            "tail": 10**-surprise,
            "winner": np.zeros(n, np.int32),
            "winner_id": pa.nulls(n, pa.string()),
            "decision": (surprise > 3).astype(np.int8),
            "control_offset": np.full(n, 7),
        }
        arrays = [pa.array(columns[field.name], field.type) for field in schema]
        yield to_message(pa.RecordBatch.from_arrays(arrays, schema=schema)).to_pybytes()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
