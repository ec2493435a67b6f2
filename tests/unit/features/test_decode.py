"""Decoding: kernels and full parser agree, and each record becomes a row or a reject with its reason."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from features.columns import Channel, Columns, currency_text
from features.decode import Decoder
from features.decode_slowly import read_record
from features.iso8601 import iso8601_of
from features.reading import MAX_RECORD_BYTES
from features.rejects import Rejected, RejectReason, Rejects
from features.schema import MAX_KEY_BYTES, TransactionSchema

SCHEMA = TransactionSchema()
ARRIVAL = 1_750_000_000.0
GOOD: dict[str, Any] = {
    "transaction_id": "tx-1", "timestamp": 1_749_999_000.25, "amount": 12.5, "currency": "EUR", "mcc": 5411,
    "channel": "ecom", "card_id": "card-1", "merchant_id": 77,
}  # fmt: skip
OPTIONAL = ("currency", "mcc", "channel")


def decode(*records: bytes | None, schema: TransactionSchema = SCHEMA) -> tuple[Columns, Rejects]:
    return Decoder(schema).decode(ByteStrings.from_list(records), np.full(len(records), ARRIVAL))


def record(**fields: Any) -> bytes:
    return json.dumps({**GOOD, **fields}).encode()


def only_reject(value: bytes | None, schema: TransactionSchema = SCHEMA) -> tuple[RejectReason, str]:
    columns, rejects = decode(value, schema=schema)
    assert (len(columns), len(rejects)) == (0, 1)
    return RejectReason(int(rejects.reason[0])), rejects.detail[0]


def as_read(columns: Columns, row: int) -> tuple[Any, ...]:
    place = columns.row.tolist().index(row)
    one = columns.take(np.array([place]))
    keys = tuple(keys.to_list()[0] for keys in one.keys)
    return (
        one.id.to_list()[0], float(one.time[0]), float(one.amount[0]), int(one.currency[0]),
        int(one.category[0]), int(one.channel[0]), keys,
    )  # fmt: skip


def by_full_parser(value: bytes) -> tuple[Any, ...] | Rejected:
    try:
        read = read_record(SCHEMA, value, ARRIVAL)
    except Rejected as rejected:
        return rejected
    return read.id, read.time, read.amount, read.currency, read.category, read.channel, read.keys


def assert_agrees_with_full_parser(values: list[bytes]) -> None:
    columns, rejects = decode(*values)
    assert sorted([*columns.row.tolist(), *rejects.row.tolist()]) == list(range(len(values)))
    for place, row in enumerate(rejects.row.tolist()):
        expected = by_full_parser(values[row])
        if rejects.reason[place] != RejectReason.CARD_NUMBER:
            assert isinstance(expected, Rejected)
            assert (rejects.reason[place], rejects.detail[place]) == (expected.reason, expected.detail)
    for row in columns.row.tolist():
        assert as_read(columns, row) == by_full_parser(values[row])
        msgspec.json.decode(values[row])


TEXTS = st.text(max_size=8) | st.text('abc"\\/\x00\x1fé€😀', max_size=8)
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KEYS = TEXTS | st.integers(-(10**6), 10**19)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "transaction_id": KEYS | VALUES, "card_id": KEYS | VALUES, "merchant_id": KEYS | VALUES,
        "amount": st.floats(0, 1e9) | st.decimals(0, 10**6, places=2).map(float) | NUMBERS | VALUES,
        "timestamp": st.floats(1e9, ARRIVAL) | st.integers(10**9, int(ARRIVAL)) | VALUES,
        "currency": st.sampled_from(["USD", "978", "eur", "", 978, "€UR", "EURO"]) | VALUES,
        "mcc": st.integers(0, 9999) | st.sampled_from(["0742", "groceries", "", 12345]) | VALUES,
        "channel": st.sampled_from(["POS", "atm", "", "carrier pigeon", 5]) | VALUES,
    },
)  # fmt: skip


@st.composite
def written(draw: st.DrawFn) -> bytes:
    """Draw a record with fields in any order, extra fields, and optional spaces and escapes."""
    fields = {**GOOD, **draw(CHANGES), **draw(st.dictionaries(TEXTS, VALUES, max_size=3))}
    names = [
        name
        for name in draw(st.permutations(sorted(fields)))
        if name not in draw(st.sets(st.sampled_from(OPTIONAL)))
    ]
    spaces = draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")]))
    ascii_only = draw(st.booleans())
    text = json.dumps({name: fields[name] for name in names}, separators=spaces, ensure_ascii=ascii_only)
    return text.encode("utf-8", "surrogatepass")


@settings(max_examples=300)
@given(st.lists(written(), min_size=1, max_size=4))
def test_records_are_read_as_a_full_parser_reads_them(values: list[bytes]) -> None:
    assert_agrees_with_full_parser(values)


BITS_OF_JSON = [
    b'"', b"\\", b",", b":", b"{", b"}", b"[", b"]", b" ", b"\n", b"\x00", b"\x1f", b"\x7f", b"0",
    b"00", b"-", b"1e5", b".", b"NaN", b"Infinity", b"null", b"true",
    b"tru", b"\xc3", b"\xff", b"\xed\xa0\x80",
    b"\xc0\x80", b"\xf4\x90\x80\x80",
    b"\\ud800", b"\\u0041", b"\xef\xbb\xbf", b'"amount":1,', b'"mcc":null,', b"//", b"'",
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    value = bytearray(draw(written()))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(value)))
        value[at : at + draw(st.integers(0, 3))] = draw(st.sampled_from(BITS_OF_JSON) | st.binary(max_size=2))
    return bytes(value)


@settings(max_examples=600)
@given(st.lists(damaged(), min_size=1, max_size=4))
def test_nothing_is_accepted_that_a_full_parser_rejects(values: list[bytes]) -> None:
    assert_agrees_with_full_parser(values)


@given(st.binary(max_size=60))
def test_binary_noise_is_rejected(noise: bytes) -> None:
    columns, rejects = decode(noise)
    assert (len(columns), len(rejects)) == (0, 1)


def test_a_record_becomes_columns() -> None:
    columns, rejects = decode(record())
    assert len(rejects) == 0
    assert columns.id.to_list() == [b"tx-1"]
    assert (columns.time[0], columns.amount[0]) == (1_749_999_000.25, 12.5)
    assert currency_text(int(columns.currency[0])) == "EUR"
    assert (columns.category[0], columns.channel[0]) == (5411, Channel.NOT_PRESENT)
    assert [keys.to_list() for keys in columns.keys] == [[b"card-1"], [b"77"]]


def test_strings_stay_in_the_buffer_of_the_span() -> None:
    values = ByteStrings.from_list([record(), record(transaction_id="tx-2")])
    columns, _ = Decoder(SCHEMA).decode(values, np.full(2, ARRIVAL))
    assert columns.id.buffer is values.buffer


def test_good_records_between_bad_ones_keep_their_rows() -> None:
    columns, rejects = decode(
        b"{", record(card_id="a"), None, record(card_id="b\n"), record(card_id='quo"te'), record()
    )
    assert columns.row.tolist() == [1, 4, 5]
    assert columns.keys[0].to_list() == [b"a", b'quo"te', b"card-1"]
    assert rejects.row.tolist() == [0, 2, 3]


def test_the_last_of_two_equal_fields_counts() -> None:
    columns, _ = decode(record()[:-1] + b', "amount": 3.5, "card_id": "other"}')
    assert (columns.amount[0], columns.keys[0].to_list()) == (3.5, [b"other"])


def test_optional_fields_may_be_absent_or_null() -> None:
    missing = {name: value for name, value in GOOD.items() if name not in OPTIONAL}
    columns, _ = decode(json.dumps(missing).encode(), record(currency=None, mcc=None, channel=None))
    assert columns.currency.tolist() == [0, 0]
    assert columns.category.tolist() == [-1, -1]
    assert columns.channel.tolist() == [Channel.UNKNOWN, Channel.UNKNOWN]


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        (None, RejectReason.SYNTAX, "no value"),
        (b"", RejectReason.SYNTAX, "not JSON"),
        (b'{"transaction_id":', RejectReason.SYNTAX, "not JSON"),
        (record() + b"x", RejectReason.SYNTAX, "not JSON"),
        (b"[" * 100_000, RejectReason.SYNTAX, "not JSON"),
        (b"[1]", RejectReason.WRONG_TYPE, "the record is not an object"),
        (record(transaction_id=None), RejectReason.MISSING_FIELD, "transaction_id"),
        (record(card_id=""), RejectReason.MISSING_FIELD, "card_id"),
        (b"{}", RejectReason.MISSING_FIELD, "transaction_id"),
        (record(amount="12"), RejectReason.WRONG_TYPE, "amount"),
        (record(amount=True), RejectReason.WRONG_TYPE, "amount"),
        (record(merchant_id=1.5), RejectReason.WRONG_TYPE, "merchant_id"),
        (record(currency="EURO"), RejectReason.WRONG_TYPE, "currency"),
        (record(card_id="nul\x00"), RejectReason.WRONG_TYPE, "card_id"),
        (record(amount=float("nan")), RejectReason.NOT_FINITE, "NaN"),
        (record(amount=float("inf")), RejectReason.NOT_FINITE, "Infinity"),
        (record().replace(b"12.5", b"1e400"), RejectReason.NOT_FINITE, "a number out of range"),
        (record(amount=-0.01), RejectReason.NEGATIVE_AMOUNT, "amount"),
        (record(amount=1.1e9), RejectReason.TOO_LARGE, "amount"),
        (record(amount=10**400), RejectReason.TOO_LARGE, "amount"),
        (record(card_id="x" * (MAX_KEY_BYTES + 1)), RejectReason.TOO_LARGE, "card_id"),
        (record(note="x" * MAX_RECORD_BYTES), RejectReason.TOO_LARGE, "more than 1048576 bytes"),
        (record(timestamp=10.0), RejectReason.TIME_OUT_OF_RANGE, "timestamp"),
        (record(timestamp=ARRIVAL + 86_401), RejectReason.TIME_OUT_OF_RANGE, "timestamp"),
        (
            record(note="4111111111111111"),
            RejectReason.CARD_NUMBER,
            "digits that pass the check of a card number",
        ),
    ],
)
def test_a_reject_names_its_reason(value: bytes | None, reason: RejectReason, detail: str) -> None:
    assert only_reject(value) == (reason, detail)


def test_minus_zero_is_zero() -> None:
    columns, _ = decode(record(amount=-0.0))
    assert np.signbit(columns.amount).tolist() == [False]


CARD_NUMBER = "4111 1111 1111 1111"


@pytest.mark.parametrize(
    "value",
    [
        record(amount=-1, note=CARD_NUMBER),
        record(note=CARD_NUMBER)[:-1],
        record(note=CARD_NUMBER) + b" " * MAX_RECORD_BYTES,
        json.dumps({**GOOD, "note": CARD_NUMBER, "card_id": None}).encode(),
        b"\xff" + CARD_NUMBER.encode(),
        record(note=CARD_NUMBER).replace(b"4111", rb"\u00341\u00311"),
        record(**{CARD_NUMBER: 1}),
        record(nested={"deep": [{"card": CARD_NUMBER}]}),
        record(transaction_id=4111111111111111),
    ],
)
def test_what_may_hold_a_card_number_is_rejected_and_withheld(value: bytes) -> None:
    columns, rejects = decode(value)
    assert len(columns) == 0
    assert rejects.may_hold_card_number.tolist() == [True]
    assert not any(digits in detail for detail in rejects.detail for digits in ("4111", "1111"))


def test_other_rejects_need_not_be_withheld() -> None:
    assert decode(record(amount=-1))[1].may_hold_card_number.tolist() == [False]


def test_a_numeric_time_is_no_card_number() -> None:
    micros = 1_700_000_000_000_001  # passes the card number check
    columns, _ = decode(record(timestamp=micros), schema=TransactionSchema(time_unit="us"))
    assert columns.time.tolist() == [micros / 1e6]


def test_a_field_may_be_allowed_to_hold_many_digits() -> None:
    schema = TransactionSchema(digits_allowed_in=("transaction_id",))
    assert len(decode(record(transaction_id=4111111111111111), schema=schema)[0]) == 1
    assert len(decode(record(note="4111111111111111"), schema=schema)[0]) == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2025-06-15T15:06:40Z", 1_750_000_000.0),
        ("2025-06-15 15:06:40", 1_750_000_000.0),
        ("2025-06-15T17:06:40.250+02:00", 1_750_000_000.25),
        ("2025-06-15t10:06:40-0500", 1_750_000_000.0),
        ("2024-02-29T00:00:00+00", 1_709_164_800.0),
    ],
)
def test_times_may_be_text(text: str, seconds: float) -> None:
    columns, _ = decode(record(timestamp=text), schema=TransactionSchema(time_unit="iso8601"))
    assert columns.time.tolist() == [seconds]


@pytest.mark.parametrize(
    "text",
    [
        "2025-02-29T00:00:00Z",
        "2025-06-15",
        "2025-06-15T24:00:00Z",
        "2025-06-15T15:06:40.Z",
        "15/06/2025",
        "x" * 30,
    ],
)
def test_text_that_is_no_time_is_rejected(text: str) -> None:
    reason, detail = only_reject(record(timestamp=text), TransactionSchema(time_unit="iso8601"))
    assert (reason, detail) == (RejectReason.WRONG_TYPE, "timestamp")


@given(st.datetimes(min_value=datetime(1970, 1, 1)), st.sampled_from(["T", " "]))
def test_times_agree_with_the_standard_library(moment: datetime, between: str) -> None:
    text = np.frombuffer((moment.isoformat(sep=between) + "Z").encode(), np.uint8)
    expected = moment.replace(tzinfo=UTC, microsecond=0).timestamp() + moment.microsecond / 1e6
    assert iso8601_of(text) == expected


def test_times_of_old_transactions_are_no_card_numbers_though_they_pass_luhn() -> None:
    schema = TransactionSchema(time_unit="ms")
    record = b'{"transaction_id":"t","timestamp":%d,"amount":1.5,"card_id":"c","merchant_id":"m"}'
    values = ByteStrings.from_list([record % (1_522_540_800_000 + 7 * i) for i in range(200)])
    columns, rejects = Decoder(schema).decode(values, np.full(200, 4.0e9))
    assert (len(columns), len(rejects)) == (200, 0)
