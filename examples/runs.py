"""Runs of the examples: one run per seed, one process per core."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from multiprocessing import get_context

from examples.scores import Example, Score

Run = tuple[list[Score], float]


def example_of(name: str) -> Example:
    """Return the example that the file NAME.py holds."""
    example: Example = import_module(f"examples.{name}").EXAMPLE
    return example


def measured(
    names: Sequence[str], seeds: int, *, quick: bool, jobs: int
) -> Iterator[tuple[str, list[list[Score]], float]]:
    """Yield name, runs in the order of seeds, and CPU seconds of each example when its last seed is done."""
    done: dict[str, dict[int, Run]] = {name: {} for name in names}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_one, n, seed, quick): (n, seed) for n in names for seed in range(seeds)}
        for job in as_completed(waiting):
            name, seed = waiting[job]
            done[name][seed] = job.result()
            print(f"{name}: {len(done[name])} of {seeds} seeds", file=sys.stderr, flush=True)
            if len(done[name]) == seeds:
                runs = [done[name][n] for n in range(seeds)]
                yield name, [scores for scores, _ in runs], sum(seconds for _, seconds in runs)


def _one(name: str, seed: int, quick: bool) -> Run:
    """Measure one example with one seed in a process of the pool; return the run and its CPU seconds."""
    import torch

    torch.set_num_threads(1)
    begun = time.process_time()
    return example_of(name).measure(seed, quick), time.process_time() - begun
