"""The value of each feature, computed by hand."""

import math

import numpy as np
import pytest
from hypothesis import given

from features.columns import Channel, Columns
from features.offline import columns_from, featurise
from features.schema import EntityField, TransactionSchema
from features.vector import FeatureLayout
from features.windows import WINDOWS
from tests.unit.features.transactions import DAY_S, START, streams, transactions

SCHEMA = TransactionSchema()
LAYOUT = FeatureLayout(SCHEMA)
SATURDAY_MIDNIGHT = 1_700_265_600.0  # 2023-11-18


def named(columns: Columns, row: int = -1) -> dict[str, float]:
    return dict(zip(LAYOUT.names, featurise(SCHEMA, columns)[row].tolist(), strict=True))


def naive(times: list[float], amounts: list[float], length: float) -> tuple[float, float, float]:
    """Return decayed count, mean and deviation at the last time, from the transactions before it."""
    weights = np.array([math.exp(-(times[-1] - time) / length) for time in times[:-1]])
    before = np.array(amounts[:-1])
    mean = float(weights @ before / weights.sum())
    return (
        float(weights.sum()),
        mean,
        math.sqrt(max(float(weights @ before**2 / weights.sum()) - mean**2, 0.0)),
    )


def test_windows_describe_the_history_before_a_transaction() -> None:
    times = [START, START + 600.0, START + 2 * DAY_S, START + 2 * DAY_S + 1_800.0]
    amounts = [20.0, 35.0, 5.0, 90.0]
    features = named(transactions(times, amounts, ["c"] * 4))
    for window in WINDOWS:
        count, mean, deviation = naive(times, amounts, window.length_s)
        trust = count / (count + 0.5)
        assert features[f"card_log_count_{window.name}"] == pytest.approx(math.log1p(count), rel=1e-6)
        assert features[f"card_deviation_{window.name}"] == pytest.approx(
            trust * math.asinh((90.0 - mean) / (deviation + 5.0)), rel=1e-5
        )
        assert features[f"card_ratio_{window.name}"] == pytest.approx(
            trust * math.log(91.0 / (1.0 + mean)), rel=1e-6
        )
    assert features["card_log_seconds_since_last"] == pytest.approx(math.log1p(1_800.0))
    assert features["card_log_age_days"] == pytest.approx(math.log1p(2 + 1_800.0 / DAY_S))


def test_a_card_never_seen_is_neutral() -> None:
    features = named(transactions([START], [10.0], ["c"]))
    assert features["card_partner_novelty"] == 1.0
    assert features["card_log_age_days"] == 0.0
    assert features["card_log_seconds_since_last"] == pytest.approx(math.log1p(120 * DAY_S))
    silent = [name for name in LAYOUT.names if "count" in name or "ratio" in name or "deviation" in name]
    assert {name: features[name] for name in silent} == dict.fromkeys(silent, 0.0)


def test_novelty_falls_when_card_and_merchant_met_and_rises_with_the_time_since() -> None:
    def novelty(merchants: list[str], times: list[float]) -> float:
        return named(transactions(times, [1.0] * len(times), ["c"] * len(times), merchants))[
            "card_partner_novelty"
        ]

    assert novelty(["a", "a"], [START, START + 60]) == 0.0
    assert novelty(["a", "b"], [START, START + 60]) == 1.0
    week, month = (novelty(["a", "b", "a"], [START, START, START + days * DAY_S]) for days in (7, 30))
    assert week == pytest.approx(math.log1p(7 * 24) / math.log1p(90 * 24))
    assert 0.0 < week < month < 1.0
    assert novelty(["a", "b", "a"], [START, START, START + 91 * DAY_S]) == 1.0


def test_partners_of_the_last_day_are_counted_once() -> None:
    times = [
        START,
        START + 2 * DAY_S,
        START + 2 * DAY_S + 60,
        START + 2 * DAY_S + 120,
        START + 2 * DAY_S + 180,
    ]
    features = named(transactions(times, [1.0] * 5, ["c"] * 5, ["old", "a", "b", "a", "c"]))
    assert features["card_log_partners_1d"] == pytest.approx(math.log1p(2))


def test_the_usual_amount_is_kept_for_each_category() -> None:
    category = np.array([5411, 5732, 5411, 5411], np.int32)
    keys = (np.array(["c"] * 4), np.array(["m"] * 4))
    features = named(columns_from([START] * 4, [30.0, 900.0, 50.0, 80.0], keys, category=category))
    assert features["card_log_category_count_30d"] == pytest.approx(math.log1p(2))
    assert features["card_category_ratio_30d"] == pytest.approx(2 / 2.5 * math.log(81.0 / 41.0), rel=1e-6)


def test_without_a_category_nothing_is_said_about_it() -> None:
    keys = (np.array(["c", "c"]), np.array(["m", "m"]))
    features = named(columns_from([START] * 2, [30.0, 50.0], keys))
    assert features["card_log_category_count_30d"] == features["card_category_ratio_30d"] == 0.0


def test_a_transaction_says_when_where_and_how_much() -> None:
    keys = (np.array(["c"]), np.array(["m"]))
    time = [SATURDAY_MIDNIGHT + 6 * 3_600]
    channel = np.array([Channel.NOT_PRESENT], np.int8)
    features = named(columns_from(time, [50.0], keys, category=np.array([5947], np.int32), channel=channel))
    assert features["log_amount"] == pytest.approx(math.log(51.0))
    assert (features["hour_sin"], features["hour_cos"]) == pytest.approx((1.0, 0.0), abs=1e-6)
    assert features["weekend"] == features["whole_amount"] == features["card_absent"] == 1.0
    assert features["category_cash_like"] == 1.0
    assert features["category_everyday"] == features["night"] == 0.0


@pytest.mark.parametrize(
    ("second", "night"),
    [(0, 1.0), (4 * 3_600 - 1, 1.0), (4 * 3_600, 0.0), (22 * 3_600 - 1, 0.0), (22 * 3_600, 1.0)],
)
def test_the_night_is_from_22_to_4_hours(second: int, night: float) -> None:
    assert named(transactions([SATURDAY_MIDNIGHT + second], [1.0], ["c"]))["night"] == night


@given(streams())
def test_every_feature_is_finite(columns: Columns) -> None:
    assert np.isfinite(featurise(SCHEMA, columns)).all()


def test_amounts_of_any_size_stay_finite() -> None:
    amounts = [0.0, 1e9, 1e9, 0.01, 1e9]
    assert np.isfinite(featurise(SCHEMA, transactions([START] * 5, amounts, ["c"] * 5))).all()


def test_a_schema_of_one_entity_has_a_layout_of_its_own() -> None:
    schema = TransactionSchema(entities=(EntityField("account", "iban"),))
    layout = FeatureLayout(schema)
    columns = columns_from([START, START + 60], [5.0, 6.0], (np.array([1, 1]),))
    features = dict(zip(layout.names, featurise(schema, columns)[1].tolist(), strict=True))
    assert features["account_log_count_1h"] == pytest.approx(math.log1p(math.exp(-1 / 60)))


def test_each_feature_has_words_and_its_value_a_unit() -> None:
    assert len({LAYOUT.describe(name) for name in LAYOUT.names}) == len(LAYOUT)
    assert LAYOUT.say("card_log_count_1h", math.log1p(8)) == "card: transactions in 1 hour: 8.0"
    assert LAYOUT.say("merchant_log_partners_1d", math.log1p(5)) == "merchant: different cards in 1 day: 5.0"
    assert LAYOUT.say("card_partner_novelty", 1.0).endswith("never in 90 days")
    assert LAYOUT.say("card_log_seconds_since_last", math.log1p(7_200)).endswith("before: 2 hours")
