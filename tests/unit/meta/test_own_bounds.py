"""Rows that a segment of the decision policy decides count as it decides them, in threshold and gate."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from meta.calibration import CEILING, joint_threshold
from meta.own_bounds import OwnBounds, bounds_at, no_bounds, share_left, steered_threshold
from meta.shares import every_share

N, BUDGET = 20_000, 0.01
Matrix = NDArray[np.float64]


def surprises(n: int = N, columns: int = 2, seed: int = 1) -> Matrix:
    return np.asarray(-np.log10(np.random.default_rng(seed).random((n, columns))))


def in_segment(bound: float, part: float, n: int = N) -> NDArray[np.float64]:
    """Return bounds: `bound` for the first `part` of the rows."""
    own = no_bounds(n)
    own[: int(part * n)] = bound
    return own


def shares(own: OwnBounds | None, flags: Matrix, known: dict[str, Matrix] | None = None) -> list[float]:
    found = every_share(
        surprises(), known or {}, flags, np.zeros(1), budget=BUDGET, allowed_loss=0.05, own=own
    )
    return [one.threshold for one in found]


def test_without_bounds_the_threshold_is_the_quantile_of_all_rows() -> None:
    reservoir = surprises()
    assert steered_threshold(reservoir[:, 0], no_bounds(N), BUDGET) == joint_threshold(
        reservoir[:, :1], np.zeros(1), BUDGET
    )
    flags = surprises(5) + 3.0
    with_none = OwnBounds(no_bounds(N), no_bounds(5))
    assert shares(None, flags) == shares(with_none, flags)


@pytest.mark.parametrize("part", [0.1, 0.5])
def test_all_alerts_together_fit_the_budget(part: float) -> None:
    surprise, own = surprises()[:, 0], in_segment(2.5, part)
    threshold = steered_threshold(surprise, own, BUDGET)
    assert np.mean(surprise > bounds_at(own, threshold)) == pytest.approx(BUDGET, abs=2 / N)


@settings(max_examples=50, deadline=None)
@given(bound=st.floats(0.0, CEILING), part=st.floats(0.0, 1.0))
def test_the_sum_fits_the_budget_or_the_threshold_has_its_floor(bound: float, part: float) -> None:
    surprise, own = surprises(2_000)[:, 0], in_segment(bound, part, 2_000)
    threshold = steered_threshold(surprise, own, 0.05)
    fixed = np.sum(surprise > bounds_at(own, np.inf))
    alerts = np.sum(surprise > bounds_at(own, threshold))
    assert alerts <= max(0.05 * 2_000, fixed + 0.1 * 0.05 * 2_000) + 2
    assert 0.0 < share_left(surprise, own, 0.05) <= 0.5


def test_every_share_leaves_room_for_what_segments_alert() -> None:
    flags, own = surprises(5) + 3.0, in_segment(2.3, 0.5)
    for one in every_share(
        surprises(), {}, flags, np.zeros(1), budget=BUDGET, allowed_loss=0.05,
        own=OwnBounds(own, no_bounds(5)),
    ):  # fmt: skip
        decided = np.maximum(surprises()[:, 0], surprises()[:, 1] + one.shift)
        fixed = np.sum(decided > bounds_at(own, np.inf))
        alerts = np.sum(decided > bounds_at(own, one.threshold))
        assert alerts <= max(BUDGET * N, fixed + 0.1 * BUDGET * N) + 2


def test_flags_and_known_fraud_of_a_segment_are_found_by_its_bound() -> None:
    flags = np.full((5, 2), 1.5)
    known = {"base": np.full((2_000, 2), 1.5)}
    low = OwnBounds(no_bounds(N), np.full(5, 0.1), {"base": np.full(2_000, 0.1)})
    high = OwnBounds(no_bounds(N), np.full(5, 9.0), {"base": np.full(2_000, 9.0)})
    for own, found in ((low, 1.0), (high, 0.0)):
        smallest = every_share(
            surprises(), known, flags, np.zeros(1), budget=BUDGET, allowed_loss=0.05, own=own
        )[0]
        assert smallest.found == pytest.approx(found, abs=0.1)
        assert (smallest.known["base"].gained, smallest.known["base"].lost) == (0.0, 0.0)


def test_where_all_traffic_has_own_bounds_no_threshold_is_lower_than_the_highest() -> None:
    own = OwnBounds(in_segment(2.0, 1.0), no_bounds(5))
    assert set(shares(own, surprises(5) + 3.0)) == {CEILING}
