"""A draft's features equal those of the live fold of the changed history (`features.Profiles`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns import NO_CATEGORY
from features.formulas import WINDOW_FORMULAS
from features.offline import columns_from
from features.profiles import Profiles
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from meta.arrays import Floats
from meta.columns import FeatureColumns, UnknownColumn
from meta.draft import TransactionDraft

LAYOUT = FeatureLayout(TransactionSchema())
COLUMNS = FeatureColumns(LAYOUT.names)
NOW = 1.75e9  # seconds since 1970
GROCERIES, JEWELLERY = 5411, 5944
MEASURES = ("log_count", "deviation", "ratio")
FOLLOWING = [
    "log_amount",
    *(f"{e}_{m}_{w}" for e in COLUMNS.entities for m in MEASURES for w in COLUMNS.windows),
    *(f"{e}_{name}" for e in COLUMNS.entities for name in ("log_mean_30d", "log_seconds_since_last")),
    "card_log_category_count_30d",
    "card_category_ratio_30d",
]


@dataclass(frozen=True)
class Payment:
    """One payment, a number of seconds before NOW."""

    ago: float
    amount: float
    category: int = GROCERIES


def live(history: list[Payment], last: Payment) -> Floats:
    """Return the features (1, d) of `last` from the live fold; one card pays at one merchant."""
    ordered = [*sorted(history, key=lambda payment: -payment.ago), last]
    columns = columns_from(
        [NOW - payment.ago for payment in ordered],
        [payment.amount for payment in ordered],
        (np.ones(len(ordered), np.int64), np.ones(len(ordered), np.int64)),
        category=np.array([payment.category for payment in ordered], np.int32),
    )
    out = LAYOUT.empty(len(ordered))
    LAYOUT.own_features(columns, out)
    for position, place in enumerate(LAYOUT.entities):
        Profiles(position).stage(columns, out[:, place])
    return out[-1:]


def drafted(row: Floats) -> TransactionDraft:
    return TransactionDraft(row, COLUMNS, WINDOW_FORMULAS, "a test")


def assert_follows(
    row: Floats, change: Callable[[TransactionDraft], None], expected: Floats, names: list[str] = FOLLOWING
) -> None:
    """Assert that a draft of `row` has the expected features after the change, up to float32 rounding.

    A window with less than 0.001 of a payment left cannot be read back, and its features are below 0.03: a
    draft may set them to 0.
    """
    draft, tolerance = drafted(row), dict.fromkeys(names, 2e-3)
    for (entity, window), (count, _, _) in draft.windows.items():
        if count[0] < 1e-3:
            tolerance |= {f"{entity}_{measure}_{window}": 0.1 for measure in MEASURES}
    change(draft)
    changed, at = draft.rows(), COLUMNS.position
    for name in names:
        assert changed[0, at[name]] == pytest.approx(expected[0, at[name]], abs=tolerance[name]), name


amounts = st.floats(20, 500)
# Deviations next to 0 hide the spread, so the last amount differs from all before it.
last_amounts = st.one_of(st.floats(5, 10), st.floats(1_000, 5_000))
payments = st.builds(Payment, st.floats(60, 60 * 86_400), amounts, st.sampled_from([GROCERIES, JEWELLERY]))
histories = st.lists(payments, min_size=1, max_size=8)


@given(histories, last_amounts)
def test_a_draft_without_a_change_is_the_row_itself(history: list[Payment], amount: float) -> None:
    row = live(history, Payment(0, amount))
    assert_follows(row, lambda draft: None, row)


@given(histories, last_amounts, st.floats(0.5, 5_000))
def test_another_amount_changes_all_that_is_measured_against_the_history(
    history: list[Payment], amount: float, other: float
) -> None:
    def charge(draft: TransactionDraft) -> None:
        draft.amount = np.array([other])

    assert_follows(live(history, Payment(0, amount)), charge, live(history, Payment(0, other)))


@given(histories, last_amounts, st.integers(1, 6), st.floats(20, 30 * 86_400))
def test_payments_inserted_before_enter_counts_means_and_spreads(
    history: list[Payment], amount: float, many: int, ago: float
) -> None:
    def insert(draft: TransactionDraft) -> None:
        for entity in COLUMNS.entities:
            draft.precede(entity, np.array([float(many)]), np.array([ago]))

    last, inserted = Payment(0, amount), [Payment(ago, amount, NO_CATEGORY)] * many
    assert_follows(live(history, last), insert, live([*history, *inserted], last))


@given(histories, last_amounts, st.floats(1.1 * 86_400, 60 * 86_400))
def test_a_card_that_was_silent_has_forgotten_what_its_windows_forget(
    history: list[Payment], amount: float, silent: float
) -> None:
    def fall_silent(draft: TransactionDraft) -> None:
        for entity in COLUMNS.entities:
            draft.idle(entity, np.array([silent]))

    before = [*history, Payment(0, 50.0)]  # the silence begins with this payment
    row = live(before, Payment(0, amount))
    expected = live([replace(one, ago=one.ago + silent) for one in before], Payment(0, amount))
    # A draft leaves the categories of a silent card as they are.
    names = [name for name in FOLLOWING if "category" not in name] + ["card_log_partners_1d"]
    assert_follows(row, fall_silent, expected, names)


def test_a_column_that_does_not_exist_is_named_with_those_that_do() -> None:
    with pytest.raises(UnknownColumn, match="a test needs the column 'distance'; columns are: log_amount"):
        drafted(live([Payment(100, 20)], Payment(0, 30))).put("distance", np.ones(1))
