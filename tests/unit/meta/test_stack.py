"""Base and detectors over one batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from meta.adapters.registry import adapter
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.live import LiveDetector
from meta.stack import BASE, ScoringStack
from meta.support import Support, with_surprise


@pytest.fixture(scope="module")
def stack(artifacts: Artifacts, rows: Floats) -> ScoringStack:
    base_scores = artifacts.base.score(rows)
    tails = Tails.fit(base_scores)
    aware_rows = with_surprise(rows, tails.surprise(base_scores))
    live = []
    for seed, name in enumerate(("evidence", "evidence-aware", "ridge", "finetune", "evidence")):
        made = adapter(name, artifacts)
        X = aware_rows if made.needs_surprise else rows
        detector = made.adapt(Support(X[-5 - seed : -1]), X[:500], seed=seed)
        live.append(LiveDetector(detector, made, Tails.fit(made.score(detector, X)), shift=0.1 * seed))
    return ScoringStack(artifacts.base, tails, tuple(live), base_shift=-0.1)


def test_each_column_is_what_its_adapter_alone_says(stack: ScoringStack, rows: Floats) -> None:
    surprises = stack.surprises(rows[:50])
    aware = with_surprise(rows[:50], stack.base_tails.surprise(stack.base.score(rows[:50])))
    for j, live in enumerate(stack.detectors):
        X = aware if live.adapter.needs_surprise else rows[:50]
        alone = live.tails.surprise(live.adapter.score(live.detector, X))
        np.testing.assert_array_equal(surprises[:, 1 + j], alone)


def test_the_highest_shifted_surprise_decides_and_names_its_detector(
    stack: ScoringStack, rows: Floats
) -> None:
    surprise, winner = stack.score(rows)
    shifted = stack.surprises(rows) + stack.shifts
    np.testing.assert_array_equal(surprise, shifted.max(1))
    np.testing.assert_array_equal(winner, shifted.argmax(1) - 1)
    assert len(np.unique(winner)) > 2


def test_a_row_gets_the_same_bits_alone_and_in_a_batch(stack: ScoringStack, rows: Floats) -> None:
    whole = stack.score(rows[:60])
    alone = [stack.score(rows[i : i + 1]) for i in range(60)]
    np.testing.assert_array_equal(whole[0], np.concatenate([a[0] for a in alone]))
    np.testing.assert_array_equal(whole[1], np.concatenate([a[1] for a in alone]))


def test_the_highest_surprise_with_its_shift_decides(stack: ScoringStack, rows: Floats) -> None:
    random = np.random.default_rng(0)
    shifts = [0.0, *random.normal(0.0, 1.0, len(stack.detectors))]
    moved = [replace(one, shift=shift) for one, shift in zip(stack.detectors, shifts[1:], strict=True)]
    shifted = stack.replaced(moved, base_shift=0.5)
    surprise = shifted.surprises(rows) + shifted.shifts
    best, winner = shifted.score(rows)
    np.testing.assert_array_equal(best, surprise.max(axis=1))
    np.testing.assert_array_equal(winner, surprise.argmax(axis=1) - 1)


def test_without_detectors_the_base_decides(stack: ScoringStack, rows: Floats) -> None:
    surprise, winner = stack.replaced((), base_shift=0.0).score(rows)
    assert (winner == BASE).all()
    np.testing.assert_array_equal(surprise, stack.base_tails.surprise(stack.base.score(rows)))


@pytest.mark.parametrize("winner", [BASE, 0, 1, 2, 3])
def test_a_contribution_is_what_the_score_loses_with_the_feature(
    stack: ScoringStack, rows: Floats, winner: int
) -> None:
    fraud = rows[-1]
    others, shares = stack.contributions(rows[-2:], np.array([BASE, winner], np.int32))
    assert shares.shape == others.shape == fraud.shape
    changed = fraud.copy()
    changed[1] = stack.base.histograms.edges[1, 4]
    lost = stack._scores_of(np.stack([fraud, changed]), np.array([winner, winner], np.int32))
    assert shares[1] == lost[0] - lost[1]
