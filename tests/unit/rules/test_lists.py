"""Membership of named lists equals that of a Python set, after any changes; files are read line by line."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from rules.errors import RuleError
from rules.lists.bucket import BUCKETS, Bucket, Listed, check_bucket
from rules.lists.change import (
    CHUNK_BYTES,
    ListChange,
    Put,
    Row,
    changed_buckets,
    divided,
    encode_change,
    read_change,
)
from rules.lists.csv_file import read_csv, write_csv
from rules.lists.definition import check_list_name, read_list
from rules.lists.table import EMPTY, ListTable
from tests.named_lists import buckets_of, table_of

KEYS = st.binary(min_size=1, max_size=12)
UNTIL = st.one_of(st.none(), st.floats(0, 100))


def holds(table: ListTable, keys: list[bytes | None], time: float = 0.0) -> list[bool]:
    held: list[bool] = table.holds(ByteStrings.from_list(keys), np.full(len(keys), time)).tolist()
    return held


@given(st.dictionaries(KEYS, UNTIL, max_size=80), st.lists(st.one_of(st.none(), KEYS), max_size=80))
def test_membership_equals_that_of_a_set_until_each_value_ends(
    values: dict[bytes, float | None], asked: list[bytes | None]
) -> None:
    table = table_of({key: Listed(until) for key, until in values.items()})
    keys = [*asked, *values]
    for time in (0.0, 50.0):
        expected = {key for key, until in values.items() if until is None or time < until}
        assert holds(table, keys, time) == [key in expected for key in keys]


TEXT = st.text("abcdefgäöß字0123456789-", min_size=1, max_size=8)
STEP = st.tuples(
    st.sets(TEXT, max_size=8), st.sets(TEXT, max_size=8), st.sets(st.integers(0, 255), max_size=3)
)


@given(st.lists(STEP, max_size=6))
def test_after_any_changes_a_list_holds_what_a_set_would(
    steps: list[tuple[set[str], set[str], set[int]]],
) -> None:
    table, expected, every = EMPTY, set[str](), set[str]()
    for put, remove, clear in steps:
        change = ListChange(clear=sorted(clear), remove=sorted(remove), put=[Put(one) for one in sorted(put)])
        cleared = {
            key.decode()
            for number in clear
            for key, _ in table.buckets.get(number, Bucket.of_values({})).items()
        }
        table = table.having(changed_buckets(table, change, "", "ada", 1.0))
        expected, every = ((expected - cleared) - remove) | put, every | put | remove
        assert len(table) == len(expected)
        keys: list[bytes | None] = [one.encode() for one in sorted(every)]
        assert holds(table, keys) == [one in expected for one in sorted(every)]
        assert changed_buckets(table, ListChange(put=[Put(one) for one in sorted(put)]), "", "eve", 2.0) == {}


def test_equal_hashes_of_different_keys_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Bucket.of_values({b"a": Listed()}), Bucket.of_values({b"b": Listed()})
    forged = Bucket(other.keys, one.hashes, one.until, one.added, one.note, one.notes)
    (number,) = buckets_of({b"a": Listed()})
    assert holds(ListTable().having({number: forged}), [b"a"]) == [False]


def test_a_list_of_many_values_finds_each_and_no_other() -> None:
    values = {b"m%d" % number: Listed() for number in range(20_000)}
    table = table_of(values)
    keys: list[bytes | None] = [b"m%d" % number for number in range(40_000)]
    assert holds(table, keys) == [True] * 20_000 + [False] * 20_000
    found = table.find(b"m19999")
    assert (found, table.find(b"n")) == (Listed(), None)


def test_a_changed_copy_leaves_the_list_before_as_it_was() -> None:
    before = table_of({b"a": Listed(), b"b": Listed()})
    after = before.having(changed_buckets(before, ListChange(remove=["a"]), "", "ada", 1.0))
    assert (holds(before, [b"a", b"b"]), holds(after, [b"a", b"b"])) == ([True, True], [False, True])


def test_rows_are_divided_into_changes_of_bounded_size_that_make_the_whole_list() -> None:
    rows = [Row(f"merchant-{number}", None, "why", "file") for number in range(30_000)]
    changes = list(divided(rows, replace=True))
    assert len(changes) > 1
    assert all(len(encode_change(one)) < 1.2 * CHUNK_BYTES for one in changes)
    assert sorted(number for one in changes for number in one.clear) == list(range(BUCKETS))
    table = table_of({b"gone": Listed()})
    for one in changes:
        table = table.having(changed_buckets(table, read_change(encode_change(one)), "", "ada", 1.0))
    assert {key for key, _ in table.items()} == {row.value.encode() for row in rows}


def test_a_file_is_read_with_bad_lines_by_number_and_repeats_counted() -> None:
    text = (
        "value,until,reason,source\n"
        "m1,2026-12-01,stolen,bank\n"
        "m2,soon,,\n"
        "Müller-字,,,\n"
        "m1,,again,\n"
        ",,,\n"
        " m3,,,\n"
        "m\u200b4,,,\n"
        "4111111111111111,,,\n"
        f"{'x' * 257},,,\n"
        "m5,,\n"
    )
    read = read_csv(io.StringIO(text), Row("", 5.0, "because", "file"), 100)
    assert read.rows == {
        "m1": Row("m1", 5.0, "again", "file"),
        "Müller-字": Row("Müller-字", 5.0, "because", "file"),
    }
    assert read.repeated == 1
    wanted = {
        3: "allowed is one such as 2026", 6: "empty", 7: "space", 8: "cannot be seen", 9: "card number",
        10: "allowed are 256", 11: "3 cells",
    }  # fmt: skip
    assert read.bad.keys() == wanted.keys()
    assert all(words in read.bad[line] for line, words in wanted.items())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "needed is value"),
        ("id\nm1\n", "found the columns id"),
        ("value,value\nm1,m1\n", "each once"),
        ('value\n"m1\n', "no CSV"),
        ("value\n" + "".join(f"m{n}\n" for n in range(12)), "more than 10 values"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        read_csv(io.StringIO(text), Row(""), 10)


def test_what_is_exported_can_be_imported() -> None:
    values = {b"m1": Listed(86_400.0, 'a, "b"', "bank", "ada", 1.0), "字".encode(): Listed()}
    out = io.StringIO()
    assert write_csv(out, table_of(values).items()) == 2
    out.seek(0)
    read = read_csv(out, Row(""), 10)
    assert read.rows == {"m1": Row("m1", 86_400.0, 'a, "b"', "bank"), "字": Row("字")}
    assert not read.bad


@pytest.mark.parametrize("name", ["", "A", "1a", "a-b", "a.7f", "in", "x" * 49, "ä"])
def test_a_name_that_the_rule_language_cannot_say_is_refused(name: str) -> None:
    with pytest.raises(RuleError, match="allowed are"):
        check_list_name(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"use":"block"}', "needs the kind of entity"),
        ('{"use":"deny"}', "cannot be read"),
        ('{"note":"4111111111111111"}', "card number"),
    ],
)
def test_a_definition_that_cannot_be_used_is_refused(text: str, words: str) -> None:
    with pytest.raises(RuleError, match=words):
        read_list(text.encode())


def test_a_bucket_with_values_of_another_is_refused() -> None:
    ((number, bucket),) = buckets_of({b"a": Listed()}).items()
    check_bucket(bucket, number)
    with pytest.raises(RuleError, match="another bucket"):
        check_bucket(bucket, (number + 1) % BUCKETS)
