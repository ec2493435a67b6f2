"""Schemas are compiled within limits, and one that cannot be used leaves nothing behind."""

import json
from typing import Any

import pytest

from features.formats.avro_schema import MOST_SCHEMA_BYTES, compile_avro
from features.formats.errors import SchemaUnusable
from features.formats.operations import END, FIXED, Assembler
from features.formats.schemas import MOST_SCHEMAS, Schemas

_RECORD = {"type": "record", "name": "P", "fields": []}


def _deep(levels: int) -> Any:
    schema: Any = "null"
    for _ in range(levels):
        schema = {"type": "array", "items": schema}
    return schema


def _wide() -> Any:
    """Return records that each hold the next one four times: 4**30 fields if they were written out."""
    kinds: Any = "null"
    for level in range(30):
        name = f"R{level}"
        inner = [
            {"name": "a", "type": kinds},
            *({"name": f"b{k}", "type": f"R{level - 1}"} for k in range(3) if level),
        ]
        kinds = {"type": "record", "name": name, "fields": inner}
    return kinds


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("7", "not an Avro schema"),
        ("{}", "not an Avro schema"),
        ('{"type":"record"}', "not an Avro schema"),
        ('"Elsewhere"', "a name that no schema defines"),
        ('{"type":"fixed","name":"F","size":-1}', "a fixed type of an invalid size"),
        ('{"type":"record","name":"P","fields":7}', "fields of a record that are no list of objects"),
        (
            '{"type":"record","name":"P","fields":[{"name":"id","type":"int"},{"name":"id","type":"int"}]}',
            "two fields of one name",
        ),
        (" " * (MOST_SCHEMA_BYTES + 1), "more than 1048576 characters"),
        (json.dumps(_deep(70)), "more than 64 levels"),
        (json.dumps([{"type": "array", "items": "null"}] * 10_000), "more than 20000 operations"),
    ],
)
def test_what_is_no_schema_is_refused_and_leaves_nothing(text: str, why: str) -> None:
    code = Assembler()
    compile_avro(json.dumps(_RECORD), ["id"], code)
    before = code.mark()
    with pytest.raises(SchemaUnusable, match=why):
        compile_avro(text, ["id"], code)
    assert code.mark() == before


def test_a_schema_may_refer_to_names_of_other_schemas() -> None:
    code = Assembler()
    other = {"type": "enum", "name": "a.b.E", "symbols": ["x"]}
    text = {"type": "record", "name": "P", "namespace": "a.b", "fields": [{"name": "id", "type": "E"}]}
    assert compile_avro(json.dumps(text), ["id"], code, [json.dumps(other)]) == 0


def test_names_that_are_used_often_do_not_multiply() -> None:
    code = Assembler()
    compile_avro(json.dumps(_wide()), ["id"], code)
    assert len(code) < 1_000


def test_a_decimal_without_bytes_is_no_number() -> None:
    code = Assembler()
    compile_avro('{"type":"fixed","name":"F","size":0,"logicalType":"decimal","precision":1}', ["id"], code)
    assert [operation[0] for operation in code.operations] == [FIXED, END]


def test_the_number_of_schemas_is_limited() -> None:
    schemas = Schemas(["id"])
    for number in range(MOST_SCHEMAS + 1):
        schemas.add_avro(number, json.dumps(_RECORD))
    assert not schemas.knows(0)
    assert schemas.knows(MOST_SCHEMAS)
    assert len(schemas.code.operations) == 1
