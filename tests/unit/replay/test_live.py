"""A live desk on a file: times of examinations, flags and labels, and the contenders' results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from replay.desk import Ledger, SimulatedDesk
from replay.entity_rules import EntityRules
from replay.fold import NothingToLearn
from replay.live import LiveSettings, live
from replay.prequential import Plan
from replay.report import page
from replay.result import ReplayResult
from replay.traffic import TrafficRows
from replay.truth import FRAUD, GENUINE, UNKNOWN
from replay.write_result import as_json
from tests.unit.replay.files import MAPPING, payments, reader

HOUR_S = 3_600.0
PLAN = Plan(train_days=6, delay_days=2, test_days=5, folds=1)
SHOWN = ("base", "base+rules", "base+episodes", "lightgbm", "logistic")


def traffic(labels: list[int], cards: list[int], shops: list[int] | None = None) -> TrafficRows:
    """Return traffic with one row an hour."""
    n = len(labels)
    keys = np.stack([np.array(cards, np.uint64), np.array(shops or [0] * n, np.uint64)], 1)
    seconds = 1e9 + HOUR_S * np.arange(n, dtype=np.float64)
    X, none = np.zeros((n, 1), np.float32), np.full(n, -1, np.int32)
    return TrafficRows(X, np.array(labels, np.int8), none, keys, seconds, np.ones(n), np.arange(n))


def with_small_frauds(seed: int = 5) -> pd.DataFrame:
    """Return payments with large frauds on all days; from day 8 on also small ones, unseen in training."""
    frame = payments(11_000, days=13)
    late = frame.when >= pd.Timestamp("2024-03-09")
    small = late & (np.random.default_rng(seed).random(len(frame)) < 0.012)
    frame.loc[small, ["amount", "fraud", "kind"]] = [0.5, 1, "small"]
    return frame


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> ReplayResult:
    settings = LiveSettings(
        delay_hours=48, budget=0.002, adapters=("logistic",), contenders=SHOWN, base_steps=100, meta_steps=20
    )
    return live(reader(tmp_path_factory.mktemp("files"), with_small_frauds(), "parquet"), PLAN, settings)


def test_flags_make_a_detector_that_finds_the_rest_of_a_new_pattern(outcome: ReplayResult) -> None:
    [small] = [p for p in outcome.details["patterns"] if p["name"] == "small"]
    assert small["recall"]["base"] < 0.2
    assert small["recall"]["base+rules+logistic"] > 0.4
    [episode] = [e for e in outcome.details["episodes"]["base+rules+logistic"] if e["name"] == "small"]
    assert episode["live_at"] >= episode["flagged_at"]


def test_detection_is_told_day_by_day(outcome: ReplayResult) -> None:
    [small] = [p for p in outcome.details["patterns"] if p["name"] == "small"]
    caught = small["caught_a_day"]["base+rules+logistic"]
    assert len(small["days"]) == len(caught) == 5
    assert sum(caught) == round(small["recall"]["base+rules+logistic"] * small["frauds"])
    assert caught[0] < 0.2 * small["frauds_a_day"][0]  # on the first day there are no flags yet


def test_the_page_shows_each_pattern_with_its_flag_and_the_budget_that_was_given(
    outcome: ReplayResult,
) -> None:
    html = page(outcome, as_json(outcome, MAPPING, {}, Path("payments.parquet")))
    assert "Alerts a day at a budget of 0.2%" in html
    assert "0.1%" not in html.split("<h2>Run it again")[0].split("Fraud rate by value")[0]
    small = html.split("<h2>Detection over time: small</h2>")[1].split("<h2>")[0]
    assert "base+rules+logistic: flagged" in small
    assert "base+rules+logistic: detector live" in small
    assert "base: flagged" not in small  # this contender does not use flags
    assert html.count("<svg") == 6 + len(outcome.details["patterns"])


def test_each_contender_has_its_alert_rate_by_day_and_only_the_base_is_steered(outcome: ReplayResult) -> None:
    rates = outcome.details["rates"]
    assert {name: len(days) for name, days in rates.items()} == dict.fromkeys(outcome.contenders, 5)
    moved = {name: np.ptp(window.threshold) > 0 for name, [window] in outcome.windows.items()}
    assert [name for name, steered in moved.items() if steered] == [
        "base",
        "base+rules",
        "base+rules+logistic",
    ]


def test_a_delay_stands_within_an_interval(outcome: ReplayResult) -> None:
    [small] = [p for p in outcome.details["patterns"] if p["name"] == "small"]
    until = small["until_caught"]["base+rules+logistic"]
    assert 0 < until["transactions"]["low"] <= until["transactions"]["value"] <= until["transactions"]["high"]


def test_a_nightly_retrain_learns_from_what_its_desk_saw(outcome: ReplayResult) -> None:
    assert outcome.contenders["lightgbm"]["auc_roc"].value > 0.95


def test_the_same_replay_gives_the_same_figures(outcome: ReplayResult, tmp_path: Path) -> None:
    settings = LiveSettings(delay_hours=48, budget=0.002, contenders=("lightgbm", "confirmed"))
    again = live(reader(tmp_path, with_small_frauds(), "parquet"), PLAN, settings)
    assert again.contenders["lightgbm"] == outcome.contenders["lightgbm"]


def test_a_training_span_without_fraud_is_told(tmp_path: Path) -> None:
    frame = payments(12_000, days=14)
    frame.loc[frame.when < "2024-03-08", ["fraud", "kind"]] = [0, None]
    with pytest.raises(NothingToLearn, match=r"days 0 to 6: 0 frauds and \d+ genuine rows"):
        live(reader(tmp_path, frame), replace(PLAN, start=0), LiveSettings(delay_hours=48))


def test_the_most_suspicious_alerts_are_examined_and_only_alerts() -> None:
    assert SimulatedDesk(2, 5).examine(np.array([0.1, -1.0, 3.0, 0.5])).tolist() == [2, 3]


def test_flags_are_frauds_that_passed_each_of_another_card() -> None:
    shift = traffic([FRAUD, FRAUD, GENUINE, FRAUD, FRAUD], [1, 1, 2, 3, 4])
    assert SimulatedDesk(9, 2).flag(shift, np.array([-1.0, -1, 1, 1, -1])).tolist() == [0, 4]


def test_labels_come_once_and_not_before_their_time() -> None:
    ledger = Ledger(2 * HOUR_S)
    ledger.add(traffic([FRAUD, GENUINE, UNKNOWN, GENUINE], [1, 2, 3, 4]))
    assert ledger.due(1e9 + 1.9 * HOUR_S) is None
    due = ledger.due(1e9 + 3 * HOUR_S)
    assert due is not None
    assert due.row.tolist() == [0, 1]
    rest = ledger.due(1e9 + 99 * HOUR_S)
    assert rest is not None
    assert rest.row.tolist() == [3]


def test_a_shop_is_blocked_from_the_second_card_on_and_within_the_budget() -> None:
    recent = traffic([GENUINE] * 100, list(range(100)), [7] + [1] * 9 + [0] * 90)
    rules = EntityRules(budget=0.02)
    rules.confirm(traffic([FRAUD], [1], [7]), recent, None, of_one_pattern=True)
    later = traffic([GENUINE] * 3, [1, 8, 9], [7, 7, 1])
    assert not rules.blocked(later).any()
    assert rules.boosts(later).tolist() == [2.0, 0.0, 0.0]
    rules.confirm(traffic([FRAUD, FRAUD, FRAUD], [2, 3, 4], [7, 1, 1]), recent, None, of_one_pattern=False)
    assert rules.blocked(later).tolist() == [True, True, False]  # a tenth of the traffic passes at shop 1


def test_genuine_verdicts_lift_a_block_and_the_next_fraud_brings_it_back() -> None:
    recent = traffic([GENUINE] * 100, list(range(100)), [7] + [0] * 99)
    rules = EntityRules(budget=0.05)
    rules.confirm(traffic([FRAUD] * 4, [1, 2, 3, 4], [7] * 4), recent, None, of_one_pattern=True)
    later = traffic([GENUINE] * 30, list(range(30)), [7] * 30).where(np.arange(10, 30))
    rules.clear(later.where(np.arange(1)))
    assert rules.blocked(later).all()
    rules.clear(later.where(np.arange(1, 2)))
    assert not rules.blocked(later.where(np.arange(1, 20))).any()
    rules.clear(later)  # verdicts on a shop that is no longer blocked change nothing
    rules.confirm(
        traffic([FRAUD] * 13, [5] * 13, [7] * 13).where(np.arange(12, 13)), recent, None, of_one_pattern=False
    )
    assert rules.blocked(later.where(np.arange(3, 20))).all()


def test_a_block_ends() -> None:
    recent = traffic([GENUINE] * 100, list(range(100)), [7] + [0] * 99)
    rules = EntityRules(budget=0.05, block_days=1.0)
    rules.confirm(traffic([FRAUD, FRAUD], [1, 2], [7, 7]), recent, None, of_one_pattern=True)
    day_by_day = traffic([GENUINE] * 30, list(range(30)), [7] * 30)
    assert np.flatnonzero(~rules.blocked(day_by_day))[0] == 25
