"""Protobuf in the wire format gives the columns that JSON gives; what is wrong becomes a reject."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from features.columns import Columns
from features.decode import Decoder
from features.formats.decode import WireDecoder
from features.formats.faults import DEPTH, LENGTH, MESSAGE, NUMBER, TAG, TRUNCATED, WORDS
from features.rejects import RejectReason, Rejects
from features.schema import EntityField, TransactionSchema
from tests.avro_records import PAYMENT as AVRO_PAYMENT
from tests.avro_records import AvroWriter
from tests.avro_records import enveloped as avro_enveloped
from tests.proto_records import PAYMENT, ProtoSchema, enveloped
from tests.unit.features.formats.test_avro import ARRIVAL, CHANGES, GOOD, assert_equal

SCHEMA = TransactionSchema()
NUMBER_OF_PAYMENT = 5
WRITER = ProtoSchema(PAYMENT)
PLAIN: dict[str, Any] = {**GOOD, "merchant_id": "77"}


def decoder(*others: ProtoSchema, schema: TransactionSchema = SCHEMA) -> WireDecoder:
    """Return a decoder that knows PAYMENT and others, from id 6 on."""
    made = WireDecoder(schema)
    for number, one in enumerate([WRITER, *others], NUMBER_OF_PAYMENT):
        made.schemas.add_protobuf(number, one.descriptors)
    return made


def decode(made: WireDecoder, *records: bytes | None) -> tuple[Columns, Rejects]:
    return made.decode(ByteStrings.from_list(records), np.full(len(records), ARRIVAL))


def payment(**fields: Any) -> bytes:
    values = {**PLAIN, **fields}
    channel = {"pos": 0, "ecom": 1, "atm": 2, None: None}[values["channel"]]
    return enveloped(NUMBER_OF_PAYMENT, WRITER.payment(**{**values, "channel": channel}))


def with_field(declared: str, more: str = "") -> ProtoSchema:
    """Return PAYMENT with another declaration of a field, or a further field, and further messages."""
    name = declared.split("=")[0].split()[-1]
    lines = [line for line in PAYMENT.splitlines() if f" {name} =" not in line]
    at = next(k for k, line in enumerate(lines) if "message Payment" in line)
    return ProtoSchema("\n".join([*lines[: at + 1], declared, *lines[at + 1 :], more]))


def read_one(
    declared: str, value: Any, schema: TransactionSchema = SCHEMA, *, more: str = ""
) -> tuple[Columns, Rejects]:
    other = with_field(declared, more)
    name = declared.split("=")[0].split()[-1]
    body = other.payment(**{**PLAIN, "channel": 1, name: value})
    return decode(decoder(other, schema=schema), enveloped(6, body))


def _as_one_merchant(changes: dict[str, Any]) -> dict[str, Any]:
    """Give the merchant of a change as a text, since a field of Protobuf has one type."""
    if "merchant_id" not in changes:
        return changes
    return {**changes, "merchant_id": str(changes["merchant_id"][1])}


@settings(max_examples=300)
@given(st.lists(CHANGES.map(_as_one_merchant), min_size=1, max_size=5))
def test_equal_payments_give_equal_columns_in_protobuf_and_json(changes: list[dict[str, Any]]) -> None:
    records = [json.dumps({**PLAIN, **one}).encode() for one in changes]
    expected, refused = Decoder(SCHEMA).decode(ByteStrings.from_list(records), np.full(len(records), ARRIVAL))
    columns, rejects = decode(decoder(), *[payment(**one) for one in changes])
    assert_equal(columns, expected)
    assert rejects.row.tolist() == refused.row.tolist()
    assert rejects.reason.tolist() == refused.reason.tolist()
    assert rejects.detail == refused.detail


@settings(max_examples=100)
@given(st.permutations(range(8)), st.integers(0, 7))
def test_fields_come_in_any_order_and_the_last_value_counts(order: list[int], twice: int) -> None:
    names = list(PLAIN)
    parts = [WRITER.payment(**{name: 1 if name == "channel" else PLAIN[name]}) for name in names]
    stale = {"currency": "USD", "channel": 2, "timestamp": 1.0, "amount": 7.0, "mcc": 1}
    first = WRITER.payment(**{names[twice]: stale.get(names[twice], "stale")})
    body = first + b"".join(parts[k] for k in order)
    assert_equal(decode(decoder(), enveloped(5, body))[0], decode(decoder(), payment())[0])


def test_records_of_avro_and_json_between_those_of_protobuf_keep_their_rows() -> None:
    made = decoder()
    made.schemas.add_avro(9, json.dumps(AVRO_PAYMENT))
    avro = avro_enveloped(9, AvroWriter(AVRO_PAYMENT).write({**GOOD, "card_id": "a"}))
    plain = json.dumps({**PLAIN, "card_id": "j"}).encode()
    columns, rejects = decode(made, payment(card_id="p"), avro, plain, None, payment(card_id="q"))
    assert columns.keys[0].to_list() == [b"p", b"a", b"j", b"q"]
    assert rejects.row.tolist() == [3]


NESTED = "message Card { string token = 1; int32 more = 2; }"
BY_TOKEN = TransactionSchema(entities=(EntityField("card", "card.token"),))


@pytest.mark.parametrize(
    ("card", "keys", "detail"),
    [
        ({"token": "c-9", "more": 3}, [b"c-9"], ()),
        (None, [], ("card.token",)),
        ({}, [], ("card.token",)),  # the token has its default, which is no key
    ],
)
def test_dots_lead_into_nested_messages(card: Any, keys: list[bytes], detail: tuple[str, ...]) -> None:
    columns, rejects = read_one("Card card = 20;", card, BY_TOKEN, more=NESTED)
    assert (columns.keys[0].to_list(), rejects.detail) == (keys, detail)


def test_a_message_that_comes_twice_is_merged() -> None:
    nested = with_field("Card card = 20;", more=NESTED)
    body = nested.payment(**{**PLAIN, "channel": 1, "card": {"token": "c-9"}})
    columns, _ = decode(
        decoder(nested, schema=BY_TOKEN), enveloped(6, body + nested.payment(card={"more": 4}))
    )
    assert columns.keys[0].to_list() == [b"c-9"]


@pytest.mark.parametrize(
    ("kind", "value", "amount"),
    [
        ("int32", 7, 7.0), ("int64", 10**8, 1e8), ("uint32", 7, 7.0), ("uint64", 7, 7.0),
        ("sint32", 7, 7.0), ("sint64", 10**8, 1e8), ("fixed32", 10**8, 1e8), ("fixed64", 10**8, 1e8),
        ("sfixed32", 7, 7.0), ("sfixed64", 10**8, 1e8), ("float", 0.5, 0.5), ("optional double", 3.25, 3.25),
        ("double", 0.0, 0.0), ("int64", 0, 0.0), ("float", 0.0, 0.0), ("fixed32", 0, 0.0),
    ],
)  # fmt: skip
def test_an_amount_may_be_any_number_and_zero_leaves_no_bytes(kind: str, value: Any, amount: float) -> None:
    columns, _ = read_one(f"{kind} amount = 3;", value)
    assert columns.amount.tolist() == [amount]


@pytest.mark.parametrize(
    ("declared", "value", "reason"),
    [
        ("string amount = 3;", "12.5", RejectReason.WRONG_TYPE),
        ("bool amount = 3;", True, RejectReason.WRONG_TYPE),
        ("bytes amount = 3;", b"12.5", RejectReason.WRONG_TYPE),
        ("repeated double amount = 3;", [12.5], RejectReason.WRONG_TYPE),
        ("optional double amount = 3;", None, RejectReason.MISSING_FIELD),
        ("double amount = 3;", float("nan"), RejectReason.NOT_FINITE),
        ("int32 amount = 3;", -1, RejectReason.NEGATIVE_AMOUNT),
        ("sint64 amount = 3;", -1, RejectReason.NEGATIVE_AMOUNT),
        ("sfixed32 amount = 3;", -1, RejectReason.NEGATIVE_AMOUNT),
        ("uint64 amount = 3;", 2**64 - 1, RejectReason.TOO_LARGE),
        ("Entry amount = 3;", 1, RejectReason.WRONG_TYPE),
    ],
)
def test_an_amount_that_is_none_is_rejected(declared: str, value: Any, reason: RejectReason) -> None:
    _, rejects = read_one(declared, value)
    assert (rejects.reason.tolist(), rejects.detail) == ([reason], ("amount",))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("int32", -(2**31)), ("int64", -(2**63)), ("uint32", 2**32 - 1), ("uint64", 2**64 - 1),
        ("sint32", -(2**31)), ("sint64", -(2**63)), ("fixed32", 2**32 - 1), ("fixed64", 2**64 - 1),
        ("sfixed32", -(2**31)), ("sfixed64", -(2**63)),
    ],
)  # fmt: skip
def test_an_id_may_be_any_integer(kind: str, value: int) -> None:
    columns, rejects = read_one(f"{kind} transaction_id = 1;", value)
    expected, refused = decode(decoder(), json.dumps({**PLAIN, "transaction_id": value}).encode())
    assert (columns.id.to_list(), rejects.detail) == (expected.id.to_list(), refused.detail)


@pytest.mark.parametrize("mapped", ["s", "ms", "iso8601"])
def test_a_timestamp_has_its_own_unit(mapped: Any) -> None:
    declared = "google.protobuf.Timestamp timestamp = 2;"
    schema = TransactionSchema(time_unit=mapped)
    other = ProtoSchema(
        PAYMENT.replace("double timestamp = 2;", declared).replace(
            "import", 'import "google/protobuf/timestamp.proto"; import', 1
        )
    )
    times = [{"seconds": 1_749_999_000, "nanos": 250_000_000}, {"seconds": 10}, {"seconds": 2**62}, None]
    records = [enveloped(6, other.payment(**{**PLAIN, "channel": 1, "timestamp": one})) for one in times]
    columns, rejects = decode(decoder(other, schema=schema), *records)
    assert columns.time.tolist() == [1_749_999_000.25]
    out, missing = RejectReason.TIME_OUT_OF_RANGE, RejectReason.MISSING_FIELD
    assert rejects.reason.tolist() == [out, out, missing]


def test_an_enumeration_goes_by_its_name_and_has_the_first_as_default() -> None:
    for declared, value, channel in (
        ("Entry channel = 6;", 2, "atm"), ("Entry channel = 6;", None, "pos"),
        ("optional Entry channel = 6;", None, None),
    ):  # fmt: skip
        columns, _ = read_one(declared, value)
        expected = json.dumps({**PLAIN, "channel": channel}).encode()
        assert_equal(columns, decode(decoder(), expected)[0])


CARD_NUMBER = "4111 1111 1111 1111"
DIGITS = 4111111111111111
NODE = "message Node { string text = 1; Node next = 2; map<string, string> notes = 3; }"


@pytest.mark.parametrize(
    ("declared", "value"),
    [
        ("string transaction_id = 1;", CARD_NUMBER),
        ("int64 transaction_id = 1;", DIGITS),
        ("string note = 20;", f"paid with {CARD_NUMBER}"),
        ("bytes note = 20;", CARD_NUMBER.encode()),
        ("int64 note = 20;", DIGITS), ("uint64 note = 20;", DIGITS), ("sint64 note = 20;", DIGITS),
        ("fixed64 note = 20;", DIGITS), ("sfixed64 note = 20;", DIGITS), ("double note = 20;", float(DIGITS)),
        ("repeated string note = 20;", ["a", CARD_NUMBER]),
        ("repeated int64 note = 20;", [1, DIGITS]),
        ("repeated fixed64 note = 20;", [1, DIGITS]),
        ("Node note = 20;", {"text": "a", "next": {"text": CARD_NUMBER}}),
        ("Node note = 20;", {"notes": {CARD_NUMBER: "a"}}),
    ],
)  # fmt: skip
def test_a_card_number_is_found_wherever_it_stands(declared: str, value: Any) -> None:
    columns, rejects = read_one(declared, value, more=NODE)
    assert (len(columns), rejects.reason.tolist()) == (0, [RejectReason.CARD_NUMBER])
    assert rejects.may_hold_card_number.tolist() == [True]


@pytest.mark.parametrize("kind", ["string", "int64", "fixed64", "double"])
def test_a_card_number_is_found_in_a_field_that_the_schema_lacks(kind: str) -> None:
    value = {"string": CARD_NUMBER, "double": float(DIGITS)}.get(kind, DIGITS)
    later = with_field(f"{kind} note = 20;")
    body = later.payment(**{**PLAIN, "channel": 1, "note": value})
    _, rejects = decode(decoder(), enveloped(5, body))
    assert rejects.reason.tolist() == [RejectReason.CARD_NUMBER]


def test_a_card_number_is_found_in_a_value_that_another_one_replaces() -> None:
    body = WRITER.payment(card_id=CARD_NUMBER) + WRITER.payment(**{**PLAIN, "channel": 1})
    _, rejects = decode(decoder(), enveloped(5, body))
    assert rejects.reason.tolist() == [RejectReason.CARD_NUMBER]


def test_message_indexes_name_the_message() -> None:
    other = ProtoSchema(
        'syntax = "proto3"; package x; message First { message Inner { string card_id = 7; } }'
        + PAYMENT[PAYMENT.index("message") :].replace("google.protobuf.StringValue", "optional string")
    )
    made, body = decoder(other), other.payment("x.Payment", **{**PLAIN, "channel": 1})
    columns, _ = decode(made, enveloped(6, body, b"\x02\x02"))
    assert columns.keys[0].to_list() == [b"card-1"]
    _, rejects = decode(made, enveloped(6, b"", b"\x04\x00\x00"), enveloped(6, b""))
    assert rejects.reason.tolist() == [RejectReason.MISSING_FIELD] * 2


_BODY = WRITER.payment(**{**PLAIN, "channel": 1})
_NODE = with_field("Node note = 20;", more=NODE)


def _nested(levels: int) -> bytes:
    body = b""
    for _ in range(levels):
        body = _NODE.payment("com.example.Node") + b"\x12" + _width(len(body)) + body
    return b"\xa2\x01" + _width(len(body)) + body


def _width(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80, value >> 7])


@pytest.mark.parametrize(
    ("indexes", "body", "fault"),
    [
        (b"", b"", TRUNCATED),
        (b"\0", _BODY[:-1], LENGTH),
        (b"\0", _BODY + b"\x09\0", TRUNCATED),
        (b"\0", _BODY + b"\x0a", TRUNCATED),
        (b"\0", b"\x0a" + b"\xff" * 9 + b"\x01", LENGTH),
        (b"\0", b"\xff" * 11, NUMBER),
        (b"\0", b"\0" + _BODY, TAG),
        (b"\0", b"\xa3\x01" + _BODY, TAG),
        (b"\0", b"\x80\x80\x80\x80\x10\x00", TAG),
        (b"\x02\x02", _BODY, MESSAGE),
        (b"\x01", _BODY, MESSAGE),
        (b"\xfe\xff\xff\xff\x0f", _BODY, MESSAGE),
        (b"\0", _nested(70), DEPTH),
    ],
)
def test_a_damaged_record_is_rejected_in_words(indexes: bytes, body: bytes, fault: int) -> None:
    made = decoder(_NODE)
    number = 6 if fault == DEPTH else 5
    columns, rejects = decode(made, payment(), enveloped(number, body, indexes), payment(card_id="b"))
    assert (columns.row.tolist(), rejects.row.tolist()) == ([0, 2], [1])
    assert (rejects.reason.tolist(), rejects.detail) == ([RejectReason.SYNTAX], (WORDS[fault],))
    assert rejects.may_hold_card_number.tolist() == [True]


@settings(max_examples=300)
@given(st.binary(max_size=120), st.integers(0, 120), st.integers(0, 4))
def test_noise_becomes_rows_or_rejects(noise: bytes, at: int, cut: int) -> None:
    damaged = _BODY[:at] + noise[:cut] + _BODY[at + cut :]
    bodies = [(number, body) for number in (5, 6) for body in (noise, damaged, _BODY + noise)]
    columns, rejects = decode(decoder(_NODE), *[enveloped(*one) for one in bodies])
    assert sorted([*columns.row.tolist(), *rejects.row.tolist()]) == list(range(len(bodies)))


@settings(max_examples=200)
@given(st.binary(max_size=60), st.booleans())
def test_what_the_official_library_reads_is_read_as_it_does(noise: bytes, before: bool) -> None:
    """Groups excepted, which are refused. Reading may end in a row or in a reject for a value."""
    body = noise + _BODY if before else _BODY + noise
    try:
        read: Any = WRITER.message("com.example.Payment").FromString(body)
    except Exception:  # the library has an error of its own for each kind of damage
        return
    columns, rejects = decode(decoder(), enveloped(5, body))
    if len(columns):
        assert columns.amount.tolist() == [read.amount]
        assert columns.keys[0].to_list() == [read.card_id.encode()]
    elif rejects.reason.tolist() == [RejectReason.SYNTAX]:
        assert rejects.detail == (WORDS[TAG],)
