"""Check that faults of workers and broker leave no trace in the results of a run."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tests.offline_fold import expected_features
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
    assert (sent, scores, len(places), len(set(places))) == (count,) * 4, (
        f"{count} transactions were sent: {sent} stand in the topic, {scores} scores, {len(places)} rows of "
        f"{len(set(places))} places"
    )
    expected = expected_features(run)
    assert matrix(scored).tobytes() == np.stack([expected[place] for place in places]).tobytes(), (
        "features differ from a fold of the committed topics"
    )
    return scored
