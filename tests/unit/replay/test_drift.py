"""Features that moved rank at the top; features that did not stay below the line."""

from __future__ import annotations

import numpy as np

from replay.drift import MAJOR, WATCH, ReplayDrift, moved


def test_a_feature_that_moved_is_told_first_whatever_the_parts() -> None:
    rng = np.random.default_rng(0)
    then, now = (rng.standard_normal((20_000, 3)).astype(np.float32) for _ in range(2))
    now[:, 1] += 1
    drift, whole = ReplayDrift(then), ReplayDrift(then)
    for part in (now[:100], now[100:]):
        drift.add(part)
    whole.add(now)
    np.testing.assert_allclose(drift.indices(), whole.indices())
    found = moved(("a", "b", "c"), [drift, drift])
    assert found[0]["feature"] == "b"
    assert found[0]["psi"] > MAJOR > WATCH > found[1]["psi"]
