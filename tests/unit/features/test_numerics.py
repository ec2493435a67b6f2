"""Compare elementary functions with the C library's."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.numerics import exp_negative, log, log1p


@given(st.floats(0.0, 700.0))
def test_exp_is_within_two_units_in_the_last_place(x: float) -> None:
    assert abs(exp_negative(x) - math.exp(-x)) <= 2 * math.ulp(math.exp(-x))


@given(st.floats(1.0, 1e300))
def test_log_is_within_two_units_in_the_last_place(x: float) -> None:
    assert abs(log(x) - math.log(x)) <= 2 * math.ulp(math.log(x))


@given(st.floats(0.0, 1e12))
def test_log1p_is_exact_enough_for_a_feature(x: float) -> None:
    assert abs(log1p(x) - math.log1p(x)) <= 4e-16 * max(1.0, math.log1p(x))


def test_no_time_keeps_everything_and_ages_keep_nothing() -> None:
    assert exp_negative(0.0) == 1.0
    assert exp_negative(701.0) == 0.0
    assert log(1.0) == 0.0


def test_the_bits_are_pinned() -> None:
    """Scores are recomputed bit for bit, also on other machines: a change here changes every score."""
    bits = [np.float64(value).tobytes().hex() for value in (exp_negative(1.5), log(10.0), log1p(99.99))]
    assert bits == PINNED


PINNED = ["1d5c4b72878fcc3f", "1655b5bbb16b0240", "375e5632c8751240"]
