"""Protobuf schemas are compiled within limits, and one that cannot be used leaves nothing behind."""

import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet

from features.formats import proto_operations as proto
from features.formats.errors import SchemaUnusable
from features.formats.operations import Assembler
from features.formats.proto_schema import MOST_DESCRIPTOR_BYTES, compile_protobuf
from tests.proto_records import ProtoSchema


def _file(*fields: FieldDescriptorProto) -> bytes:
    file = FileDescriptorProto(name="p", syntax="proto3")
    file.message_type.add(name="P").field.extend(fields)
    descriptors: bytes = FileDescriptorSet(file=[file]).SerializeToString()
    return descriptors


def _field(kind: int, name: str = "a", number: int = 1, **more: str) -> FieldDescriptorProto:
    return FieldDescriptorProto(name=name, number=number, type=kind, label=1, **more)


_MANY = [_field(FieldDescriptorProto.TYPE_INT32, f"f{k}", k + 1) for k in range(21_000)]


@pytest.mark.parametrize(
    ("descriptors", "why"),
    [
        (b"", "no message"),
        (b"\xff", "no descriptors"),
        (b" " * (MOST_DESCRIPTOR_BYTES + 1), "more than 4194304 bytes"),
        (_file(_field(FieldDescriptorProto.TYPE_GROUP)), "a group"),
        (_file(_field(FieldDescriptorProto.TYPE_MESSAGE, type_name=".Q")), "a message that no schema"),
        (_file(_field(FieldDescriptorProto.TYPE_ENUM, type_name=".E")), "an enumeration that no schema"),
        (_file(*_MANY), "more than 20000 operations"),
    ],
)
def test_what_is_no_schema_is_refused_and_leaves_nothing(descriptors: bytes, why: str) -> None:
    code = Assembler()
    compile_protobuf(_file(_field(FieldDescriptorProto.TYPE_INT32)), ["id"], code)
    before = code.mark()
    with pytest.raises(SchemaUnusable, match=why):
        compile_protobuf(descriptors, ["id"], code)
    assert code.mark() == before


def test_messages_that_hold_each_other_are_compiled_once() -> None:
    schema = ProtoSchema('syntax="proto3"; message A { B b = 1; string id = 2; } message B { A a = 1; }')
    code = Assembler()
    compile_protobuf(schema.descriptors, ["id", "b.a.id"], code)
    tables = sum(one[0] == proto.TABLE for one in code.operations[1:])
    assert tables == 6  # A and B as records, B and A on the way to a field, A and B without one


def test_fields_of_editions_have_a_default_only_where_the_schema_says_so() -> None:
    text = 'edition = "2023"; message P { int32 id = 1; int32 a = 2 [features.field_presence = IMPLICIT]; }'
    code = Assembler()
    compile_protobuf(ProtoSchema(text).descriptors, ["id", "a"], code)
    (table,) = (one for one in code.operations[1:] if one[0] == proto.TABLE)
    assert table[3] == 1
