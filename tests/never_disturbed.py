"""Check that faults of workers and broker leave no trace in the results of a run."""

from __future__ import annotations

import asyncio

import numpy as np
import pyarrow as pa

from benchmarks.soak.fold import folded
from tests.stream_run import StreamRun

_WITHIN_S = 240.0


def matrix(scored: pa.Table) -> np.ndarray:
    """Return the features of scored transactions, shape (rows, features)."""
    flat: np.ndarray = scored["features"].combine_chunks().flatten().to_numpy()
    return flat.reshape(scored.num_rows, -1)


def assert_as_never_disturbed(run: StreamRun, count: int) -> pa.Table:
    """Assert one score per transaction, and features bit-identical to a fold of the committed topics."""
    run.wait_for_scores(count, within_s=_WITHIN_S)
    scored = run.scored()
    places = list(
        zip(scored["source_partition"].to_pylist(), scored["source_offset"].to_pylist(), strict=True)
    )
    sent, scores = run.count(run.settings.topics.transactions), len(run.scores())
    assert (scores, len(places), len(set(places))) == (count,) * 3, (
        f"{count} different transactions were sent: {sent} records stand in the topic, {scores} scores, "
        f"{len(places)} rows of {len(set(places))} places"
    )
    expected = asyncio.run(folded(run.settings))
    assert matrix(scored).tobytes() == np.stack([expected[at][offset] for at, offset in places]).tobytes(), (
        "features differ from a fold of the committed topics"
    )
    return scored
