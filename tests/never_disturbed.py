"""What must hold of a run after any fault of its workers and its broker."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.offline_fold import expected_features
from tests.stream_run import StreamRun

_WITHIN_S = 240.0


def matrix(scored: pa.Table) -> np.ndarray:
    """Features of scored transactions, (rows, features)."""
    flat: np.ndarray = scored["features"].combine_chunks().flatten().to_numpy()
    return flat.reshape(scored.num_rows, -1)


def assert_as_never_disturbed(run: StreamRun, count: int) -> pa.Table:
    """One score for each transaction, and features equal to the bit to a fold of the committed topics."""
    run.wait_for_scores(count, within_s=_WITHIN_S)
    scored = run.scored()
    places = list(
        zip(scored["source_partition"].to_pylist(), scored["source_offset"].to_pylist(), strict=True)
    )
    assert len(places) == len(set(places)) == count
    assert len(run.scores()) == count
    expected = expected_features(run)
    assert matrix(scored).tobytes() == np.stack([expected[place] for place in places]).tobytes()
    return scored
