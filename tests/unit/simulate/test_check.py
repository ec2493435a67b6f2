"""The patterns are learnable, and those held out do not follow from those that are known."""

import pytest

from simulate.check import recalls, simulated
from simulate.patterns import EVERY, HELD_OUT


@pytest.fixture(scope="module")
def figures() -> tuple[dict[str, float], dict[str, float]]:
    rows = simulated(seed=7, cards=6_000, days=45.0)
    return recalls(rows), recalls(rows, without=tuple(HELD_OUT))


def test_every_pattern_can_be_learned_from_labels(figures: tuple[dict[str, float], dict[str, float]]) -> None:
    with_all, _ = figures
    # `python -m simulate.check` measures 0.7 and more on five times these frauds.
    assert {name for name in EVERY if with_all[name] < 0.5} == set()


def test_held_out_patterns_slip_past_a_model_that_never_saw_them(
    figures: tuple[dict[str, float], dict[str, float]],
) -> None:
    with_all, without = figures
    for name in HELD_OUT:
        assert without[name] < 0.35
        assert with_all[name] - without[name] > 0.4
