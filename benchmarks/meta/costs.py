"""Cost of one episode and one transaction on one core, with the shipped artifacts and simulated traffic."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from flagfive.file_history import simulated_history
from meta.adapters.registry import adapter
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.live import LiveDetector
from meta.reservoir import Reservoir
from meta.stack import ScoringStack
from meta.support import Support
from settings import Settings
from stream.wiring import transaction_schema

FLAGS, BACKGROUND, RESERVOIR, DETECTORS, BATCH = 20, 2_048, 50_000, 50, 512


def costs(rounds: int) -> dict[str, float]:
    """Return ms to adapt, without and with calibration, and µs per transaction by number of detectors."""
    artifacts, genuine, fraud = Artifacts.load(), *_rows()
    made = adapter("evidence", artifacts)
    reservoir = Reservoir(genuine[:RESERVOIR], artifacts.base)
    background = genuine[-BACKGROUND:]

    def adapt(number: int) -> LiveDetector:
        at = np.random.default_rng(number).choice(len(fraud), FLAGS, replace=False)
        return LiveDetector(
            made.adapt(Support(fraud[at]), background, seed=number), made, reservoir.base_tails
        )

    def adapt_and_calibrate(number: int) -> LiveDetector:
        return reservoir.calibrate(made, adapt(number).detector)

    # Warm-up: kernels compile, and the reservoir's tokens are located as in the worker.
    adapt_and_calibrate(0)
    found = {
        "adapt_ms": 1e3 * _best(adapt, rounds),
        "adapt_and_calibrate_ms": 1e3 * _best(adapt_and_calibrate, rounds),
    }
    live = [adapt_and_calibrate(number) for number in range(DETECTORS)]
    tails = Tails.fit(artifacts.base.score(genuine[:RESERVOIR]))
    for count in (0, 1, 10, DETECTORS):
        stack = ScoringStack(artifacts.base, tails, tuple(live[:count]))
        stack.score(genuine[:BATCH])
        seconds = _best(_scoring(stack, genuine), 10 * rounds)
        found[f"score_us_{count}_detectors"] = 1e6 * seconds / BATCH
    return found


def _scoring(stack: ScoringStack, rows: NDArray[np.float32]) -> Callable[[int], object]:
    return lambda number: stack.score(rows[number * BATCH :][:BATCH])


def _rows() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return raw features of genuine and of fraudulent payments."""
    rows = simulated_history(transaction_schema(Settings()), seed=3, days=40.0).rows
    return rows.X[rows.family == 0], rows.X[rows.family > 0]


def _best(work: Callable[[int], object], rounds: int) -> float:
    """Return the CPU seconds of the fastest round, since other load on the machine can only add time."""
    best = float("inf")
    for number in range(rounds):
        begun = time.process_time()
        work(number)
        best = min(best, time.process_time() - begun)
    return best
