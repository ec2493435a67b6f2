"""Ranks what looks like an episode, spreads twenty questions over it, and reads the verdicts."""

from __future__ import annotations

import numpy as np
import pytest

from meta.review import LABELS, MOST_ALIKE, look_alikes, trimmed

RANKED = [f"t{rank}" for rank in range(1, MOST_ALIKE + 1)]


def judged(frauds: int, ranks: list[int]) -> dict[str, bool]:
    """Return true verdicts on these ranks where the first `frauds` ranks are fraud."""
    return {f"t{rank}": rank <= frauds for rank in ranks}


def test_rows_are_ranked_by_likeness_and_few_ones_are_all_asked_about() -> None:
    surprise = np.random.default_rng(0).permutation(np.linspace(0, 4, 1_200))
    review = look_alikes(surprise)
    assert len(review.rows) == 12  # one in a hundred
    assert np.all(np.diff(surprise[review.rows]) < 0)
    assert review.asked.tolist() == list(range(12))


def test_twenty_questions_are_dense_at_the_top_and_reach_the_end() -> None:
    review = look_alikes(np.linspace(0, 4, 50_000))
    assert len(review.rows) == MOST_ALIKE
    steps = np.diff(review.asked)
    assert (len(review.asked), review.asked[0], review.asked[-1]) == (LABELS, 0, MOST_ALIKE - 1)
    assert np.all(steps >= 1)
    assert steps[-1] > 5 * steps[0]


@pytest.mark.parametrize("frauds", [0, 1, 7, 30, 90, 200])
def test_verdicts_on_twenty_find_where_the_frauds_end(frauds: int) -> None:
    ranks = [int(place) + 1 for place in look_alikes(np.linspace(0, 4, 50_000)).asked]
    out = trimmed(RANKED, judged(frauds, ranks))
    assert abs(len(out) - frauds) <= 0.2 * frauds
    assert out == tuple(RANKED[: len(out)])


def test_judged_ones_follow_their_verdict_wherever_they_rank() -> None:
    verdicts = {"t1": True, "t2": False, "t3": True, "t4": True, "t50": True, "t60": False, "t70": False}
    out = trimmed(RANKED, verdicts | {"t150": True})
    assert "t2" not in out
    assert {"t3", "t10", "t50", "t150"} < set(out)
    assert "t100" not in out


def test_without_verdicts_everything_stays() -> None:
    assert trimmed(RANKED, {"another": True}) == ()
