"""Thresholds outside the gate: of a base alone, and after the removal of a detector."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meta.threshold import first_threshold, threshold_without


def test_without_the_last_detector_the_base_has_its_budget_back() -> None:
    assert threshold_without(in_force=3.4, budget=0.001, detectors=1) == pytest.approx(first_threshold(0.001))


@given(st.floats(0.0001, 0.1), st.floats(0, 2), st.integers(1, 50))
def test_fewer_detectors_never_raise_the_threshold_nor_lower_it_below_the_base(
    budget: float, above: float, detectors: int
) -> None:
    in_force = first_threshold(budget) + above
    after = threshold_without(in_force=in_force, budget=budget, detectors=detectors)
    assert first_threshold(budget) - 1e-9 <= after <= in_force + 1e-9
