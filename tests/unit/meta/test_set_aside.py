"""Flags that look ordinary beside the others are set aside, and the rest is judged as if alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from meta.adapters.registry import adapter
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.gate import judge
from meta.reservoir import Reservoir
from meta.set_aside import ONE_IN, ORDINARY, ordinary, set_aside
from meta.stack import ScoringStack
from meta.support import Support
from meta.support_checks import TwoPatterns
from meta.verdict import Limits, Verdict

USUAL = np.zeros(7, np.float32)
"""A transaction in the middle of all features."""

surprises = st.lists(st.floats(0, 12), min_size=1, max_size=30).map(np.array)


@given(surprises)
def test_only_the_most_ordinary_flags_are_set_aside_and_one_in_five_at_most(left_out: np.ndarray) -> None:
    aside = ordinary(left_out)
    kept = np.delete(left_out, aside)
    assert len(aside) * ONE_IN <= len(left_out)
    assert all(left_out[place] < ORDINARY for place in aside)
    assert not aside or left_out[aside].max() <= kept.min()


@given(surprises)
def test_a_support_that_lost_an_ordinary_flag_had_five_or_more(left_out: np.ndarray) -> None:
    spared = ordinary(np.append(left_out, 0.0))
    assert bool(spared) == (len(left_out) + 1 >= ONE_IN)


@pytest.fixture(scope="module")
def reservoir(artifacts: Artifacts) -> Reservoir:
    return Reservoir(traffic(6000, 1), artifacts.base)


def traffic(n: int, seed: int, *, pattern: bool = False) -> Floats:
    """Return genuine rows, or rows far along two features unknown to the base."""
    X = np.random.default_rng(seed).standard_normal((n, 7)).astype(np.float32)
    X[:, 4:6] += 5 if pattern else 0
    return X


def judged(
    artifacts: Artifacts, reservoir: Reservoir, flags: Floats, replay: Mapping[str, Floats]
) -> Verdict:
    stack = ScoringStack(artifacts.base, reservoir.base_tails)
    return judge(
        stack, adapter("logistic", artifacts), Support(flags), traffic(800, 3), reservoir, replay,
        seed=0, limits=Limits(budget=0.01),
    )  # fmt: skip


@pytest.mark.parametrize("place", [0, 3, 5])
def test_what_is_left_is_judged_as_if_the_wrong_flag_had_never_been_given(
    artifacts: Artifacts, reservoir: Reservoir, rows: Floats, place: int
) -> None:
    right, known = traffic(5, 2, pattern=True), {"known fraud": rows[-200:]}
    found = judged(artifacts, reservoir, np.insert(right, place, USUAL, axis=0), known)
    alone = judged(artifacts, reservoir, right, known)
    assert (found.set_aside, alone.set_aside) == ((place,), ())
    assert found.live.detector.content_hash == alone.live.detector.content_hash
    assert (found.threshold, found.found, found.losses) == (alone.threshold, alone.found, alone.losses)


def test_what_is_said_of_kept_flags_names_them_by_their_place_among_all(
    artifacts: Artifacts, reservoir: Reservoir
) -> None:
    flags = np.insert(traffic(5, 2, pattern=True), 1, USUAL, axis=0)
    made = adapter("logistic", artifacts)
    kept = set_aside(made, Support(flags), traffic(800, 3), reservoir, seed=0)
    np.testing.assert_array_equal(kept.support.fraud, np.delete(flags, 1, axis=0))
    assert kept.asked(range(5)) == (0, 2, 3, 4, 5)
    assert kept.asked_groups(TwoPatterns((0, 1), (2, 4))) == TwoPatterns((0, 2), (3, 5))
    assert kept.asked_groups(None) is None
