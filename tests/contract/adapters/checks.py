"""The contract of every adapter, one small check per promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from meta.adapters.protocol import Adapter
from meta.arrays import Floats, Tensors
from meta.detector import Detector
from meta.detector_tensors import UnfitDetector
from meta.support import Support


@dataclass(frozen=True)
class Case:
    """An episode in the adapter's format: five flags, two hard negatives, background, and rows to score."""

    support: Support
    background: Floats
    rows: Floats
    genuine: int  # rows before this one are genuine, the rest belong to the flagged pattern


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
    """The scores need not be bit-identical, because sums are rounded in the order of the flags."""
    turned = Support(case.support.fraud[::-1].copy(), case.support.genuine)
    one, two = (
        adapter.score(adapter.adapt(s, case.background, seed=1), case.rows) for s in (case.support, turned)
    )
    np.testing.assert_allclose(one, two, rtol=0.02, atol=0.02)


def the_pattern_scores_above_genuine_traffic(adapter: Adapter, case: Case) -> None:
    scores = adapter.score(adapter.adapt(case.support, case.background, seed=1), case.rows)
    genuine, pattern = scores[: case.genuine], scores[case.genuine :]
    assert np.mean(pattern[:, None] > genuine[None]) > 0.75


def a_detector_names_the_network_that_it_needs(adapter: Adapter, case: Case) -> None:
    assert adapter.adapt(case.support, case.background, seed=1).network == adapter.network


def parts_of_a_support_give_a_detector_each(adapter: Adapter, case: Case) -> None:
    """A part's detector may differ a little from that of the part alone.

    All flags may be read in one pass, and an adapter may weigh its members by flags outside the part.
    """
    parts = np.array([[True] * 5, [True, True, False, False, True]])
    detectors = adapter.adapt_parts(case.support, parts, case.background, seed=1)
    alone = [
        adapter.adapt(Support(case.support.fraud[part], case.support.genuine), case.background, seed=1)
        for part in parts
    ]
    assert len(detectors) == len(parts)
    for one, other in zip(detectors, alone, strict=True):
        scores, expected = (adapter.score(detector, case.rows) for detector in (one, other))
        assert np.corrcoef(scores, expected)[0, 1] > 0.98


def many_detectors_score_at_once_as_each_alone(adapter: Adapter, case: Case) -> None:
    detectors = [adapter.adapt(case.support, case.background, seed=seed) for seed in (1, 2)]
    at_once = adapter.scorer(detectors)(adapter.encode(case.rows))
    alone = [adapter.score(detector, case.rows) for detector in detectors]
    np.testing.assert_array_equal(at_once, np.column_stack(alone))


def encoded_rows_may_be_taken_apart(adapter: Adapter, case: Case) -> None:
    scorer = adapter.scorer([adapter.adapt(case.support, case.background, seed=1)])
    encoded, chosen = adapter.encode(case.rows), np.array([40, 3, 7])
    of_chosen = scorer(tuple(array[chosen] for array in encoded))
    np.testing.assert_array_equal(of_chosen, scorer(encoded)[chosen])


def its_own_detector_is_accepted(adapter: Adapter, case: Case) -> None:
    adapter.check(adapter.adapt(case.support, case.background, seed=1))


def a_detector_with_wrong_tensors_is_refused(adapter: Adapter, case: Case) -> None:
    whole = adapter.adapt(case.support, case.background, seed=1)
    for name, tensors in spoiled(whole.tensors):
        with pytest.raises(UnfitDetector, match=name):
            adapter.check(replace(whole, tensors=tensors))


def spoiled(whole: Tensors) -> Iterator[tuple[str, Tensors]]:
    """Yield invalid tensors with one fault each, and the name that the error message must contain."""
    for name, tensor in whole.items():
        yield name, {k: v for k, v in whole.items() if k != name}
        yield name, {**whole, name: tensor[..., None]}
        yield name, {**whole, name: tensor[:0]}
        yield name, {**whole, name: tensor.astype(np.float16)}
        if tensor.dtype.kind == "f":
            yield name, {**whole, name: np.full_like(tensor, np.nan)}
    yield "foreign", {**whole, "foreign": np.zeros(1, np.float32)}


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
    a_detector_names_the_network_that_it_needs,
    parts_of_a_support_give_a_detector_each,
    many_detectors_score_at_once_as_each_alone,
    encoded_rows_may_be_taken_apart,
    its_own_detector_is_accepted,
    a_detector_with_wrong_tensors_is_refused,
)
