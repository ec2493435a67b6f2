"""The language of rules: what can be written, what it means, and what an error says."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.checking import check
from rules.errors import RuleError
from rules.evaluation import matches
from rules.feature_units import UNITS, in_feature_units
from rules.kernels import natural
from rules.lists.bucket import Listed
from rules.parsing import MOST_CHARACTERS, parse
from rules.program import compile_conditions
from rules.reference import evaluate
from rules.typed import Apply, Constant, Feature, Typed, Unit
from tests.named_lists import table_of
from tests.rule_rows import VOCABULARY, WATCHED, Values, rows_of

ROWS = rows_of(60, seed=1)
LISTS = {"watched": table_of({key: Listed() for key in WATCHED})}


def condition(text: str) -> Typed:
    return check(parse(text), VOCABULARY, "Europe/Berlin")


def found(text: str) -> list[int]:
    program = compile_conditions([condition(text)])
    return np.flatnonzero(matches(program, ROWS, LISTS)[0]).tolist()


@pytest.mark.parametrize(
    "text",
    [
        'amount > 500 && category == "5732" && card.count_1h >= 3',
        'category == "electronics"',
        "merchant.id in lists.watched && !card.known_merchant",
        'episode["gift cards"].surprise > 3 && amount < 50',
        "hour(local_time) < 5",
        'currency in ["EUR", "USD"] || merchant.id in ["m1", "m2"]',
        "weekday(time) >= 6 ? amount > 10 : amount > 1000",
        "night == weekend && max(base.surprise, surprise) - risk > 2.5e0",
        'time >= timestamp("2022-03-01T00:00:00Z") && abs(card.deviation_7d) > 1',
        'merchant.id != "m1" && amount / (card.mean_30d - card.mean_30d) > 1',
    ],
)
def test_examples_match_the_rows_that_the_reference_finds(text: str) -> None:
    expected = [row for row in range(len(ROWS)) if evaluate(condition(text), Values(ROWS, row))]
    assert found(text) == expected


def test_a_count_of_three_is_exactly_three() -> None:
    rows = rows_of(400, seed=2)
    features = rows.features[:, VOCABULARY.features.index("card_log_count_1h")]
    program = compile_conditions([condition("card.count_1h >= 3"), condition("card.count_1h == 3")])
    at_least, equal = matches(program, rows, LISTS)
    assert at_least.tolist() == (features >= np.float32(np.log1p(3))).tolist()
    assert equal.any()


def test_what_is_absent_equals_nothing() -> None:
    unknown = [row for row, key in enumerate(ROWS.keys["merchant"].to_list()) if key is None]
    assert unknown
    assert not set(found('merchant.id == "" || merchant.id == "m1"')) & set(unknown)
    assert set(unknown) <= set(found('merchant.id != "m1" && !(merchant.id in lists.watched)'))


NUMBERS = st.sampled_from(
    ["amount", "surprise", "risk", "card.count_1h", "card.ratio_7d", "merchant.deviation_1d", "base.surprise",
     'episode["gift cards"].surprise', "card.hours_since_merchant", "hour(local_time)", "weekday(time)", "0",
     "2.5", "1e3", "-1"]
)  # fmt: skip
NUMBER = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
        inner.map(lambda one: f"abs({one})"),
        inner.map(lambda one: f"-({one})"),
    ),
    max_leaves=5,
)
RELATION = st.one_of(
    st.tuples(NUMBER, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), NUMBER).map(" ".join),
    st.sampled_from(
        ["night", "true", "false", "card.known_merchant", "merchant.id in lists.watched", 'currency == "EUR"',
         'merchant.id == "m3"', 'category in [5411, "5732"]', 'card.id != "c1"', "amount in [1, 2.5]"]
    ),
)  # fmt: skip
CONDITION = st.recursive(
    RELATION,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"({' && '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"({' || '.join(parts)})"),
        inner.map(lambda one: f"!({one})"),
        st.tuples(inner, inner, inner).map(lambda t: f"(({t[0]}) ? ({t[1]}) : ({t[2]}))"),
        st.tuples(inner, NUMBER, NUMBER).map(lambda t: f"((({t[0]}) ? ({t[1]}) : ({t[2]})) > 2)"),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=150)
@given(st.lists(CONDITION, min_size=1, max_size=4))
def test_a_program_agrees_with_the_reference_on_every_row(texts: list[str]) -> None:
    conditions = [condition(text) for text in texts]
    out = matches(compile_conditions(conditions), ROWS, LISTS)
    for one, row_values in zip(conditions, out.tolist(), strict=True):
        assert row_values == [bool(evaluate(one, Values(ROWS, row))) for row in range(len(ROWS))]


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 0, "the expression is empty"),
        ("amount >", 9, "found the end, allowed here"),
        ("amuont > 5", 1, "no name 'amuont'; did you mean 'amount'?"),
        ("card.count_1hh > 5", 1, "did you mean 'card.count_1h'"),
        ("amount > 5 and night", 12, "write &&"),
        ("amount = 5", 8, "write =="),
        ("1 < amount < 5", 1, "join them with &&"),
        ("amount", 1, "a condition is true or false, this is a number"),
        ("amount && night", 1, "found a number, allowed here is true or false"),
        ("amount > night", 10, "found a number and true or false"),
        ('amount > "5"', 10, "a string is only compared"),
        ('currency == "EURO"', 13, "a currency has three letters"),
        ("category == 50000", 13, "allowed is a code of 0 to 9999, or a name"),
        ("merchant.id in lists.watchd", 16, "did you mean 'watched'"),
        ("amount in lists.watched", 1, "lists hold ids of entities"),
        ('episode["gift crads"].surprise > 1', 1, "did you mean 'gift cards'"),
        ("hours(time) > 3", 1, "did you mean 'hour'"),
        ("min(amount) > 3", 1, "min takes 2 arguments, found 1"),
        ("time > timestamp('soon')", 18, "allowed is a time such as"),
        ("(" * 300 + "night" + ")" * 299, 605, "found the end"),
        ("!" * 40 + "night", 32, "nested deeper than 30 levels"),
        ("night || " * 300 + "night", 0, "characters"),
        ("1+" * 450 + "1 > 0", 0, "more than 400 parts"),
        ("night &&\u202e weekend", 9, "U+202E (RIGHT-TO-LEFT OVERRIDE)"),
        ("аmount > 5", 1, "CYRILLIC SMALL LETTER A"),
        ("'abc", 1, "a quote that is never closed"),
        ("amount.id", 1, "no name 'amount.id'"),
        ("merchant.id < 'x'", 1, "it has no order"),
        ("merchant.id == card.id", 16, "is compared with a string"),
    ],
)  # fmt: skip
def test_an_error_names_the_place_what_was_found_and_what_is_allowed(
    text: str, column: int, words: str
) -> None:
    with pytest.raises(RuleError) as caught:
        condition(text)
    assert words in str(caught.value)
    assert not column or caught.value.column == column


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=80) | st.text(alphabet="amount.card<>=!&|()[]\"'0123456789 in?:+-*/", max_size=80))
def test_any_text_gives_a_condition_or_an_error(text: str) -> None:
    with suppress(RuleError):
        condition(text)


def test_a_long_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(RuleError, match="allowed are 2,000"):
        parse("a" * (MOST_CHARACTERS + 1))


@pytest.mark.parametrize("unit", [unit for unit in Unit if unit is not Unit.RAW])
@pytest.mark.parametrize("operation", ["lt", "le", "gt", "ge", "eq", "ne"])
@given(bound=st.one_of(st.floats(-20, 20), st.integers(0, 200_000).map(lambda n: n / 1e4), st.floats()))
@settings(max_examples=40, deadline=None)
def test_a_feature_is_compared_as_in_natural_units(unit: Unit, operation: str, bound: float) -> None:
    if np.isnan(bound):
        return
    feature, random = Feature(0, unit), np.random.default_rng(0)
    near = [one for one in thresholds(Apply(operation, (feature, Constant(bound)))) if abs(one) < 1e30]
    around = [np.nextafter(np.float32(one), np.float32(side)) for one in near for side in (-np.inf, np.inf)]
    values = np.array([*near, *around, *random.normal(0, 3, 50), 0.0, -0.0, 80.0], np.float32)
    values = values[~(np.abs(values) == np.inf)]
    out = np.empty(len(values))
    natural(values, UNITS[unit], out)
    expected = getattr(np, {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal",
                            "eq": "equal", "ne": "not_equal"}[operation])(out, bound)  # fmt: skip
    compared = in_feature_units(Apply(operation, (feature, Constant(bound))))
    found_here = [
        bool(evaluate(compared, {Feature(0, Unit.RAW): float(x), feature: float(y)}))
        for x, y in zip(values, out, strict=True)
    ]
    assert found_here == expected.tolist()


def thresholds(node: Typed) -> list[float]:
    """Return the constants that the converted comparison uses."""
    match in_feature_units(node):
        case Apply(arguments=(_, Constant(value=value))):
            return [value]
        case Apply(arguments=arguments):
            return [v for one in arguments if isinstance(one, Apply) for v in thresholds(one)]
    return []
