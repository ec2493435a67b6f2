"""Patterns from a query, and the errors of invalid queries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from replay.mapping import WrongMapping
from replay.query import Query, is_query
from tests.unit.replay.files import MAPPING, payments, reader

BATCH = pa.record_batch(
    {"amount": ["10", "300", None, "250"], "shop": ["s1", "s1", "s1", "s 2"], "n": [1.0, 2.0, 3.0, None]}
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("amount > 220", [1, 3]),
        ("amount<=10", [0]),
        ("merchant = s1 and amount > 220", [1]),
        ("shop = 's 2'", [3]),
        ("n != 2", [0, 2]),
        ("n >= 2 and amount < 1e9", [1]),
    ],
)
def test_a_query_holds_where_all_its_conditions_do(text: str, rows: list[int]) -> None:
    assert is_query(text)
    query = Query.parse(text, MAPPING, BATCH.schema.names)
    assert np.flatnonzero(query.holds(BATCH)).tolist() == rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("amount >", "a query is NAME SIGN VALUE"),
        ("colour = red", "there is no 'colour'; known are id, time, amount"),
        ("amount > much", "'much' is no number, which > needs"),
    ],
)
def test_a_query_that_cannot_be_read_is_told(text: str, words: str) -> None:
    with pytest.raises(WrongMapping, match=words):
        Query.parse(text, MAPPING, BATCH.schema.names)


def test_names_of_patterns_are_no_queries() -> None:
    assert not is_query("amount over 220")


def test_frauds_that_a_query_holds_for_are_a_family_of_their_own(tmp_path: Path) -> None:
    frame = payments(2_000)
    source = reader(tmp_path, frame, pattern="amount > 400")
    [part] = source.parts()
    asked = (frame.fraud == 1) & (frame.amount > 400)
    assert part.family[asked].tolist() == [source.families.index("amount > 400")] * int(asked.sum())
    rest = (frame.fraud == 1) & (frame.amount <= 400)
    assert set(part.family[rest].tolist()) == {source.families.index("large")}
