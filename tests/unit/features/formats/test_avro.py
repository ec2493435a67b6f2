"""Avro in the wire format gives the columns that JSON gives; what is wrong with a record becomes a reject."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from features.columns import Columns
from features.decode import Decoder
from features.formats import operations as op
from features.formats.decode import WireDecoder
from features.formats.faults import CHOICE, DEPTH, LEFT_OVER, LENGTH, NUMBER, TRUNCATED, WORDS, WORK
from features.formats.operations import Assembler
from features.formats.walk import walk
from features.formats.walk_state import TEXT_PER_FIELD
from features.reading import MAX_RECORD_BYTES
from features.rejects import RejectReason, Rejects
from features.schema import EntityField, TransactionSchema
from tests.avro_records import PAYMENT, AvroWriter, enveloped, zigzag

SCHEMA = TransactionSchema()
ARRIVAL = 1_750_000_000.0
NUMBER_OF_PAYMENT = 5
WRITER = AvroWriter(PAYMENT)
GOOD: dict[str, Any] = {
    "transaction_id": "tx-1", "timestamp": 1_749_999_000.25, "amount": 12.5, "currency": "EUR", "mcc": 5411,
    "channel": "ecom", "card_id": "card-1", "merchant_id": (1, 77),
}  # fmt: skip


def decoder(*schemas: Any, schema: TransactionSchema = SCHEMA) -> WireDecoder:
    """Return a decoder that knows PAYMENT and others, from id 6 on."""
    made = WireDecoder(schema)
    for number, one in enumerate([PAYMENT, *schemas], NUMBER_OF_PAYMENT):
        made.schemas.add_avro(number, json.dumps(one))
    return made


def decode(made: WireDecoder, *records: bytes | None) -> tuple[Columns, Rejects]:
    return made.decode(ByteStrings.from_list(records), np.full(len(records), ARRIVAL))


def payment(**fields: Any) -> bytes:
    return enveloped(NUMBER_OF_PAYMENT, WRITER.write({**GOOD, **fields}))


def as_json(**fields: Any) -> bytes:
    values = {**GOOD, **fields}.items()
    return json.dumps(
        {name: value[1] if isinstance(value, tuple) else value for name, value in values}
    ).encode()


def assert_equal(one: Columns, other: Columns) -> None:
    for name in ("row", "time", "amount", "currency", "category", "channel"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    assert one.id.to_list() == other.id.to_list()
    assert [keys.to_list() for keys in one.keys] == [keys.to_list() for keys in other.keys]


def only_reject(record: bytes | None, made: WireDecoder | None = None) -> tuple[RejectReason, str]:
    columns, rejects = decode(made or decoder(), record)
    assert (len(columns), len(rejects)) == (0, 1)
    return RejectReason(int(rejects.reason[0])), rejects.detail[0]


def with_field(name: str, kind: Any) -> dict[str, Any]:
    """Return PAYMENT with another type for one field, or a further field."""
    fields = [one for one in PAYMENT["fields"] if one["name"] != name]
    return {**PAYMENT, "fields": [*fields, {"name": name, "type": kind}]}


def read_one(name: str, kind: Any, value: Any, schema: TransactionSchema = SCHEMA) -> tuple[Columns, Rejects]:
    other = with_field(name, kind)
    record = enveloped(6, AvroWriter(other).write({**GOOD, name: value}))
    return decode(decoder(other, schema=schema), record)


TEXTS = st.text(max_size=12) | st.text('abc"\\/\x00\x1fé€😀', max_size=8)
LONGS = st.integers(-(2**63), 2**63 - 1)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "transaction_id": TEXTS | st.from_regex(r"[0-9]{13,19}", fullmatch=True),
        "card_id": TEXTS,
        "merchant_id": st.tuples(st.just(0), TEXTS) | st.tuples(st.just(1), LONGS),
        "amount": st.floats(0, 1e9) | st.floats(allow_nan=False, allow_infinity=False),
        "timestamp": st.floats(1e9, ARRIVAL) | st.floats(allow_nan=False, allow_infinity=False),
        "currency": st.sampled_from(["USD", "978", "eur", "", "€UR", "EURO", None]),
        "mcc": st.integers(-(2**31), 2**31 - 1) | st.none(),
        "channel": st.sampled_from(["pos", "ecom", "atm", None]),
    },
)


@settings(max_examples=300)
@given(st.lists(CHANGES, min_size=1, max_size=5))
def test_equal_payments_give_equal_columns_in_avro_and_json(changes: list[dict[str, Any]]) -> None:
    records = [as_json(**one) for one in changes]
    expected, refused = Decoder(SCHEMA).decode(ByteStrings.from_list(records), np.full(len(records), ARRIVAL))
    columns, rejects = decode(decoder(), *[payment(**one) for one in changes])
    assert_equal(columns, expected)
    assert rejects.row.tolist() == refused.row.tolist()
    assert rejects.reason.tolist() == refused.reason.tolist()
    assert rejects.detail == refused.detail


def test_json_records_between_those_of_avro_keep_their_rows() -> None:
    columns, rejects = decode(
        decoder(), as_json(card_id="a"), payment(card_id="b"), b"{", None, as_json(card_id='"')
    )
    assert columns.row.tolist() == [0, 1, 4]
    assert columns.keys[0].to_list() == [b"a", b"b", b'"']
    assert rejects.detail == ("not JSON", "no value")


def test_records_of_several_writers_are_read_each_by_its_schema() -> None:
    shuffled = {**PAYMENT, "fields": [*reversed(PAYMENT["fields"]), {"name": "extra", "type": "string"}]}
    without = {**PAYMENT, "fields": [one for one in PAYMENT["fields"] if one["name"] != "amount"]}
    columns, rejects = decode(
        decoder(shuffled, without),
        payment(),
        enveloped(6, AvroWriter(shuffled).write({**GOOD, "extra": "x", "card_id": "card-2"})),
        enveloped(7, AvroWriter(without).write(GOOD)),
        payment(card_id="card-3"),
    )
    assert columns.keys[0].to_list() == [b"card-1", b"card-2", b"card-3"]
    assert (RejectReason(int(rejects.reason[0])), rejects.detail) == (RejectReason.MISSING_FIELD, ("amount",))


def test_dots_lead_into_nested_records() -> None:
    card = {"type": "record", "name": "Card", "fields": [{"name": "token", "type": "string"}]}
    nested = with_field("card", ["null", card])
    schema = TransactionSchema(entities=(EntityField("card", "card.token"),))
    made = decoder(nested, schema=schema)
    writer = AvroWriter(nested)
    columns, rejects = decode(
        made,
        enveloped(6, writer.write({**GOOD, "card": {"token": "c-9"}})),
        enveloped(6, writer.write({**GOOD, "card": None})),
    )
    assert columns.keys[0].to_list() == [b"c-9"]
    assert rejects.detail == ("card.token",)


@pytest.mark.parametrize(
    ("kind", "value", "amount"),
    [
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, b"\x04\xe2", 12.5),
        ({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}, b"", 0.0),
        ({"type": "bytes", "logicalType": "decimal", "precision": 9}, b"\x04\xe2", 1250.0),
        (
            {
                "type": "fixed",
                "name": "F",
                "size": 16,
                "logicalType": "decimal",
                "precision": 38,
                "scale": 18,
            },
            int(Decimal("12.345678901234567891").scaleb(18)).to_bytes(16, "big", signed=True),
            12.345678901234567891,
        ),
        ("int", 7, 7.0),
        ("long", 10**8, 1e8),
        ("float", 0.5, 0.5),
        (["null", "double"], 3.25, 3.25),
        ({"type": {"type": "double"}}, 3.25, 3.25),
    ],
)
def test_an_amount_may_be_any_number(kind: Any, value: Any, amount: float) -> None:
    columns, _ = read_one("amount", kind, value)
    assert columns.amount.tolist() == [amount]


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("string", "12.5", RejectReason.WRONG_TYPE),
        ("boolean", True, RejectReason.WRONG_TYPE),
        ("bytes", b"12.5", RejectReason.WRONG_TYPE),
        ({"type": "array", "items": "double"}, [], RejectReason.WRONG_TYPE),
        (["null", "double"], None, RejectReason.MISSING_FIELD),
        ("double", float("nan"), RejectReason.NOT_FINITE),
        ("double", float("inf"), RejectReason.NOT_FINITE),
        ("float", float("-inf"), RejectReason.NOT_FINITE),
        ("long", -1, RejectReason.NEGATIVE_AMOUNT),
        ("long", 2**62, RejectReason.TOO_LARGE),
        ({"type": "bytes", "logicalType": "decimal", "precision": 9}, b"\xff", RejectReason.NEGATIVE_AMOUNT),
    ],
)
def test_an_amount_that_is_none_is_rejected(kind: Any, value: Any, reason: RejectReason) -> None:
    _, rejects = read_one("amount", kind, value)
    assert (rejects.reason.tolist(), rejects.detail) == ([reason], ("amount",))


@pytest.mark.parametrize("mapped", ["s", "ms", "iso8601"])
@pytest.mark.parametrize(
    ("kind", "value", "seconds"),
    [
        ("timestamp-millis", 1_749_999_000_250, 1_749_999_000.25),
        ("timestamp-micros", 1_749_999_000_250_000, 1_749_999_000.25),
        ("timestamp-nanos", 1_749_999_000_250_000_000, 1_749_999_000.25),
        ("local-timestamp-millis", 1_749_999_000_250, 1_749_999_000.25),
        ("date", 20_000, 1_728_000_000.0),
    ],
)
def test_a_time_has_the_unit_of_its_type(mapped: Any, kind: str, value: int, seconds: float) -> None:
    base = "int" if kind == "date" else "long"
    schema = TransactionSchema(time_unit=mapped)
    columns, _ = read_one("timestamp", {"type": base, "logicalType": kind}, value, schema)
    assert columns.time.tolist() == [seconds]


def test_a_time_without_a_type_has_the_unit_of_the_settings() -> None:
    for kind in ("long", "double"):
        columns, _ = read_one("timestamp", kind, 1_749_999_000_250, TransactionSchema(time_unit="ms"))
        assert columns.time.tolist() == [1_749_999_000.25]
    columns, _ = read_one(
        "timestamp", "string", "2025-06-15T12:00:00Z", TransactionSchema(time_unit="iso8601")
    )
    assert columns.time.tolist() == [1_749_988_800.0]
    _, rejects = read_one("timestamp", "long", 1_749_999_000, TransactionSchema(time_unit="iso8601"))
    assert rejects.detail == ("timestamp",)


def test_a_time_out_of_range_is_rejected_in_every_unit() -> None:
    _, rejects = read_one("timestamp", {"type": "long", "logicalType": "timestamp-millis"}, 10)
    assert rejects.reason.tolist() == [RejectReason.TIME_OUT_OF_RANGE]


@pytest.mark.parametrize("kind", [{"type": "string", "logicalType": "uuid"}, "fixed"])
def test_an_id_may_be_a_uuid(kind: Any) -> None:
    identity = UUID("4111111111-1111111-4111-1111-11111111".replace("-", "")[:32].ljust(32, "0"))
    value: Any = str(identity)
    if kind == "fixed":
        kind, value = {"type": "fixed", "name": "U", "size": 16, "logicalType": "uuid"}, identity.bytes
    columns, _ = read_one("transaction_id", kind, value)
    assert columns.id.to_list() == [str(identity).encode()]


CARD_NUMBER = "4111 1111 1111 1111"
_LIST = {"type": "array", "items": "string"}
_MAP = {"type": "map", "values": "string"}
_NODE: dict[str, Any] = {
    "type": "record",
    "name": "Node",
    "fields": [{"name": "text", "type": "string"}, {"name": "next", "type": ["null", "Node"]}],
}


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("transaction_id", "string", CARD_NUMBER),
        ("transaction_id", "long", 4111111111111111),
        ("note", "string", f"paid with {CARD_NUMBER}"),
        ("note", "bytes", CARD_NUMBER.encode()),
        ("note", {"type": "fixed", "name": "N", "size": 16}, b"4111111111111111"),
        ("note", "long", 4111111111111111),
        ("note", "double", 4111111111111111.0),
        ("note", {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 4},
         (4111111111111111 * 10**4).to_bytes(9, "big")),
        ("note", _LIST, ["a", CARD_NUMBER]),
        ("note", _MAP, {"a": CARD_NUMBER}),
        ("note", _MAP, {CARD_NUMBER: "a"}),
        ("note", _NODE, {"text": "a", "next": {"text": CARD_NUMBER, "next": None}}),
        ("note", ["null", {"type": "array", "items": ["null", "long"]}], [None, 4111111111111111]),
    ],
)  # fmt: skip
def test_a_card_number_is_found_wherever_it_stands(name: str, kind: Any, value: Any) -> None:
    columns, rejects = read_one(name, kind, value)
    assert (len(columns), rejects.reason.tolist()) == (0, [RejectReason.CARD_NUMBER])
    assert rejects.may_hold_card_number.tolist() == [True]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("long", 1_700_000_000_000_001),  # a time
        ("double", 0.4111111111111111),
        (_LIST, ["4111", "1111", "1111", "1111"]),
        ({"type": "array", "items": "int"}, [4111, 1111, 1111, 1111]),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 4},
            (41111111111111115).to_bytes(9, "big"),
        ),
        (_NODE, {"text": "a", "next": {"text": "b", "next": None}}),
        ("boolean", True),
        ("float", 4111111111111111.0),
    ],
)
def test_other_values_are_no_card_numbers(kind: Any, value: Any) -> None:
    columns, rejects = read_one("note", kind, value)
    assert (len(columns), rejects.detail) == (1, ())


def test_a_field_may_be_allowed_to_hold_many_digits() -> None:
    schema = TransactionSchema(digits_allowed_in=("transaction_id",))
    columns, _ = read_one("transaction_id", "long", 4111111111111111, schema)
    assert columns.id.to_list() == [b"4111111111111111"]


_BODY = WRITER.write(GOOD)
_NULLS = with_field("note", {"type": "array", "items": "null"})
_DEEP = with_field("note", _NODE)
_EMPTY_ITEMS = with_field(
    "note",
    {"type": "array", "items": {"type": "array", "items": {"type": "fixed", "name": "Z", "size": 0}}},
)


@pytest.mark.parametrize(
    ("number", "body", "fault"),
    [
        (5, b"", TRUNCATED),
        (5, _BODY[:-1], TRUNCATED),
        (5, _BODY + b"\0", LEFT_OVER),
        (5, zigzag(-1) + _BODY[1:], LENGTH),
        (5, zigzag(2**62) + _BODY[1:], LENGTH),
        (5, b"\xff" * 11, NUMBER),
        (5, _BODY[:-3] + zigzag(2) + zigzag(1), CHOICE),
        (6, WRITER.write(GOOD) + zigzag(2**62), LENGTH),
        (6, WRITER.write(GOOD) + zigzag(-(2**63)) + zigzag(0), LENGTH),
        (6, WRITER.write(GOOD) + zigzag(-1) + zigzag(2**40), LENGTH),
        (7, WRITER.write(GOOD) + (zigzag(0) + zigzag(1)) * 100, DEPTH),
        (8, WRITER.write(GOOD) + zigzag(90_000) + (zigzag(90_000) + zigzag(0)) * 45_000, WORK),
    ],
)
def test_a_damaged_record_is_rejected_in_words(number: int, body: bytes, fault: int) -> None:
    made = decoder(_NULLS, _DEEP, _EMPTY_ITEMS)
    assert only_reject(enveloped(number, body), made) == (RejectReason.SYNTAX, WORDS[fault])


def test_good_records_around_a_damaged_one_are_read() -> None:
    columns, rejects = decode(decoder(), payment(), enveloped(5, _BODY[:-1]), payment(card_id="b"))
    assert (columns.row.tolist(), rejects.row.tolist()) == ([0, 2], [1])


def test_records_of_an_unknown_schema_are_rejected() -> None:
    made = decoder()
    assert made.unknown(ByteStrings.from_list([payment(), enveloped(9, _BODY), None])) == [9]
    made.schemas.refuse(9, "is unknown to the registry")
    assert made.unknown(ByteStrings.from_list([enveloped(9, _BODY)])) == []
    assert only_reject(enveloped(9, _BODY), made) == (
        RejectReason.SCHEMA, "schema 9 is unknown to the registry",
    )  # fmt: skip


def test_a_record_that_is_too_large_is_rejected_and_withheld() -> None:
    for record in (enveloped(5, b"x" * MAX_RECORD_BYTES), b"4111111111111111" + b" " * MAX_RECORD_BYTES):
        _, rejects = decode(decoder(), record, payment())
        assert rejects.reason.tolist() == [RejectReason.TOO_LARGE]
        assert rejects.may_hold_card_number.tolist() == [True]


def test_records_of_a_json_schema_are_read() -> None:
    made = decoder()
    made.schemas.add_json(11)
    columns, rejects = decode(made, enveloped(11, as_json()), payment(), enveloped(11, b"{"))
    assert (columns.row.tolist(), rejects.detail) == ([0, 1], ("not JSON",))


@settings(max_examples=300)
@given(st.binary(max_size=120), st.integers(0, 120), st.integers(0, 4))
def test_noise_becomes_rows_or_rejects(noise: bytes, at: int, cut: int) -> None:
    made = decoder(_NULLS, _DEEP, _EMPTY_ITEMS)
    damaged = _BODY[:at] + noise[:cut] + _BODY[at + cut :]
    records = [enveloped(number, body) for number in (5, 6, 7, 8) for body in (noise, damaged, _BODY + noise)]
    columns, rejects = decode(made, *records)
    assert sorted([*columns.row.tolist(), *rejects.row.tolist()]) == list(range(len(records)))


def test_more_values_of_a_field_than_there_is_room_for_are_a_fault() -> None:
    """A schema never gives a field twice; the walk does not rely on it."""
    twice = Assembler()
    for _ in range(2):
        twice.emit(op.DECIMAL, 0, 0, slot=0)
    twice.emit(op.END)
    code, text, fault = twice.code(), np.zeros(1 + TEXT_PER_FIELD, np.uint8), np.zeros(1, np.int64)
    start, number = np.zeros(1, np.int64), np.zeros((1, 1))
    walk(
        np.zeros(1, np.uint8), start, start.copy(), start.copy(), code.operations, code.places, code.symbols,
        np.ones(5), text, start.copy(), start.copy(), np.zeros((1, 1, 2), np.int64),
        np.ones((1, 1), np.uint8), number, number.copy(), fault,
    )  # fmt: skip
    assert fault.tolist() == [WORK]
