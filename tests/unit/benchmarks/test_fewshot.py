"""The few-shot benchmark: what is measured on an episode, how methods rank, and what choices may see."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.fewshot import simulated
from benchmarks.fewshot.batteries import REPORTED, VALIDATION, Source
from benchmarks.fewshot.datasets import Window
from benchmarks.fewshot.hardships import HARDSHIPS
from benchmarks.fewshot.measure import BUDGET, Measure, Outcome
from benchmarks.fewshot.methods import METHODS
from benchmarks.fewshot.report import Row, mean_ranks, row
from benchmarks.fewshot.setting import Setting
from simulate.patterns import EVERY, HELD_OUT
from simulate.patterns import VALIDATION as FOR_CHOICES

HELD = tuple(EVERY).index("split_purchases") + 1
SMALL = {"train": Window(3, 8), "calibrate": Window(8, 10), "evaluate": Window(10, 16)}


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Setting:
    """Return two weeks of a portfolio under the shipped artifacts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulated, "WINDOWS", SMALL)
        data = replace(simulated.portfolio(5), starts=1)
    return Setting(data, HELD, tmp_path_factory.mktemp("unused"))


@pytest.fixture(scope="module")
def measure(setting: Setting) -> Measure:
    return Measure(setting)


def test_flags_are_on_cards_of_their_own_and_later_frauds_on_others(setting: Setting) -> None:
    episode = setting.episode(5, seed=1)
    card, family = setting.data.rows.card, setting.data.rows.family
    assert len(np.unique(card[episode.flags])) == 5
    assert not np.isin(card[episode.later], card[episode.flags]).any()
    assert (family[np.r_[episode.flags, episode.later]] == HELD).all()
    assert episode.later.min() > episode.flags.max()


def test_known_fraud_is_of_families_that_training_saw(setting: Setting) -> None:
    names = {setting.data.families[f - 1] for f in setting.data.rows.family[setting.known_rows]}
    assert names
    assert not names & {*HELD_OUT, *FOR_CHOICES}


@pytest.mark.parametrize("name", ["base", "blocklist", "ridge", "ridge 1.0", "flagfive", *HARDSHIPS])
def test_every_method_is_measured_at_the_same_rate_too(name: str, setting: Setting, measure: Measure) -> None:
    episode = setting.episode(5, seed=1)
    parts = measure.parts(episode)
    found = METHODS[name](measure, episode, parts, 1)
    shares = (found.recall, found.equal_recall, found.first_recall, found.known_recall, found.alert_rate)
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert found.alert_rate < 0.02


def test_at_the_equal_rate_exactly_the_budget_is_alerted(setting: Setting, measure: Measure) -> None:
    parts = measure.parts(setting.episode(5, seed=1))
    n = len(parts.genuine.at)
    order = np.arange(n, dtype=np.float64)  # rank of each genuine row
    later = np.full(len(parts.later.at), (1 - BUDGET / 2) * n)  # within the upper half of the budget
    scores = [order, order, np.zeros(len(parts.known.at)), later]
    found = measure.outcome(parts, scores, threshold=float(n))
    assert (found.recall, found.equal_recall, found.first_recall) == (0.0, 1.0, 1.0)


def test_a_blocklist_finds_the_shop_that_a_flag_names(setting: Setting, measure: Measure) -> None:
    episode = setting.episode(5, seed=1)
    shop = setting.data.merchant[episode.later[:1]]
    same = replace(episode, flags=setting.data.evaluate[setting.data.merchant[setting.data.evaluate] == shop])
    base, blocked = (METHODS[n](measure, same, measure.parts(episode), 1) for n in ("base", "blocklist"))
    assert blocked.recall > base.recall


def row_of(method: str, *each: float) -> Row:
    outcomes = [Outcome(e, 0.0, 0.0, e, 0.5, 0.5, e) for e in each]
    return row("data", "family", 5, method, outcomes, base=outcomes, oracle=[], seconds=1.0)


def test_ranks_are_taken_episode_by_episode_and_ties_share_theirs() -> None:
    rows = [row_of("one", 0.9, 0.2), row_of("two", 0.1, 0.4), row_of("three", 0.1, 0.0)]
    families, ranks = mean_ranks(
        [*rows, row_of("oracle", 1.0, 1.0), row_of("flagfive, one flag wrong", 1, 1)]
    )
    assert families == [("data", "family")]
    assert ranks == {"one": 1.5, "two": 1.75, "three": 2.75}


def test_known_fraud_lost_is_measured_against_the_base() -> None:
    base = [Outcome(0.1, 0, 0, 0.1, known_recall=0.8, equal_known=0.8, first_recall=0.1)]
    oracle = [Outcome(0.9, 0, 0, 0.9, known_recall=0.8, equal_known=0.8, first_recall=0.9)]
    own = [Outcome(0.5, 0, 0, 0.5, known_recall=0.7, equal_known=0.7, first_recall=0.5)]
    found = row("data", "family", 5, "one", own, base=base, oracle=oracle, seconds=1.0)
    assert found.known_lost == pytest.approx(0.1)
    assert found.gap_closed == pytest.approx(0.5)


def test_choices_are_made_on_ten_patterns_and_never_on_reported_windows() -> None:
    patterns = {EVERY_NAMES[n - 1] for s in VALIDATION.sources.values() for n in s.held_out if _simulated(s)}
    assert len(patterns) >= 10
    from benchmarks.fewshot.batteries import _EARLIER

    assert _EARLIER["handbook"][0]["evaluate"].last <= 126
    assert _EARLIER["sparkov"][0]["evaluate"].last <= 575
    assert set(REPORTED.sources) == set(_EARLIER)


EVERY_NAMES = tuple(EVERY)


def _simulated(source: Source) -> bool:
    return source.held_out == simulated.UNSEEN
