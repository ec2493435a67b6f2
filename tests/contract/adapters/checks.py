"""What every adapter promises, one small check each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Floats
from meta.detector import Detector
from meta.support import Support


@dataclass(frozen=True)
class Case:
    """An episode: five flags, two hard negatives, background, and rows to score; shaped for the adapter."""

    support: Support
    background: Floats
    rows: Floats
    genuine: int  # rows before this one are genuine, the others of the flagged pattern


Check = Callable[[Adapter, Case], None]


def equal_seeds_give_equal_bytes(adapter: Adapter, case: Case) -> None:
    one, two = (adapter.adapt(case.support, case.background, seed=11).to_bytes() for _ in range(2))
    assert one == two


def inputs_stay_untouched(adapter: Adapter, case: Case) -> None:
    arrays = (case.support.fraud, case.support.genuine, case.background, case.rows)
    before = [a.copy() for a in arrays]
    adapter.score(adapter.adapt(case.support, case.background, seed=1), case.rows)
    for was, now in zip(before, arrays, strict=True):
        np.testing.assert_array_equal(was, now)


def a_detector_names_its_adapter(adapter: Adapter, case: Case) -> None:
    assert adapter.adapt(case.support, case.background, seed=1).adapter == adapter.name


def a_detector_survives_its_own_bytes(adapter: Adapter, case: Case) -> None:
    detector = adapter.adapt(case.support, case.background, seed=1)
    again = Detector.from_bytes(detector.to_bytes())
    assert again.content_hash == detector.content_hash
    np.testing.assert_array_equal(adapter.score(again, case.rows), adapter.score(detector, case.rows))


def scores_are_finite_log_odds(adapter: Adapter, case: Case) -> None:
    scores = adapter.score(adapter.adapt(case.support, case.background, seed=1), case.rows)
    assert scores.dtype == np.float64
    assert scores.shape == (len(case.rows),)
    assert np.isfinite(scores).all()


def a_row_scores_the_same_bits_in_any_batch(adapter: Adapter, case: Case) -> None:
    detector = adapter.adapt(case.support, case.background, seed=1)
    whole = adapter.score(detector, case.rows)
    parts = [adapter.score(detector, case.rows[i : i + 7]) for i in range(0, len(case.rows), 7)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def no_rows_give_no_scores(adapter: Adapter, case: Case) -> None:
    detector = adapter.adapt(case.support, case.background, seed=1)
    assert adapter.score(detector, case.rows[:0]).shape == (0,)


def a_single_flag_is_enough(adapter: Adapter, case: Case) -> None:
    detector = adapter.adapt(Support(case.support.fraud[:1]), case.background, seed=1)
    assert np.isfinite(adapter.score(detector, case.rows)).all()


def the_order_of_the_flags_does_not_matter_much(adapter: Adapter, case: Case) -> None:
    """To the bit it may: sums are rounded in the order of the flags."""
    turned = Support(case.support.fraud[::-1].copy(), case.support.genuine)
    one, two = (
        adapter.score(adapter.adapt(s, case.background, seed=1), case.rows) for s in (case.support, turned)
    )
    np.testing.assert_allclose(one, two, rtol=0.02, atol=0.02)


def the_pattern_scores_above_genuine_traffic(adapter: Adapter, case: Case) -> None:
    scores = adapter.score(adapter.adapt(case.support, case.background, seed=1), case.rows)
    genuine, pattern = scores[: case.genuine], scores[case.genuine :]
    assert np.mean(pattern[:, None] > genuine[None]) > 0.75


CHECKS: tuple[Check, ...] = (
    equal_seeds_give_equal_bytes,
    inputs_stay_untouched,
    a_detector_names_its_adapter,
    a_detector_survives_its_own_bytes,
    scores_are_finite_log_odds,
    a_row_scores_the_same_bits_in_any_batch,
    no_rows_give_no_scores,
    a_single_flag_is_enough,
    the_order_of_the_flags_does_not_matter_much,
    the_pattern_scores_above_genuine_traffic,
)
