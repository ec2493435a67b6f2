"""Compile Protobuf schemas into operations.

A value goes to the mapped field of its dotted path. The wrappers of google/protobuf/wrappers.proto count as
their value. Fields that a record may lack without being absent (proto3 without `optional`) have the default
of their kind.
Source: Protocol Buffers, «Language Guide (proto 3)» and «Field Presence».
"""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FeatureSet,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.message import DecodeError

from features.formats import operations as op
from features.formats import proto_operations as proto
from features.formats.errors import SchemaUnusable
from features.formats.mapped_paths import MappedPaths, Path
from features.formats.operations import NO_FIELD, Assembler
from features.read_values import TIME

MOST_OPERATIONS = 20_000
"""Of one schema; beyond it is refused."""
MOST_PLACES = 200_000
"""Messages, defaults, and values of enumerations of one schema, each time that one is used."""
MOST_DESCRIPTOR_BYTES = 4 << 20

_KINDS = {
    FieldDescriptorProto.TYPE_INT32: proto.INT32, FieldDescriptorProto.TYPE_INT64: proto.INT64,
    FieldDescriptorProto.TYPE_UINT32: proto.UINT32, FieldDescriptorProto.TYPE_UINT64: proto.UINT64,
    FieldDescriptorProto.TYPE_SINT32: proto.SINT32, FieldDescriptorProto.TYPE_SINT64: proto.SINT64,
    FieldDescriptorProto.TYPE_BOOL: proto.BOOL, FieldDescriptorProto.TYPE_ENUM: proto.ENUM,
    FieldDescriptorProto.TYPE_FIXED32: proto.FIXED32, FieldDescriptorProto.TYPE_SFIXED32: proto.SFIXED32,
    FieldDescriptorProto.TYPE_FLOAT: proto.FLOAT, FieldDescriptorProto.TYPE_FIXED64: proto.FIXED64,
    FieldDescriptorProto.TYPE_SFIXED64: proto.SFIXED64, FieldDescriptorProto.TYPE_DOUBLE: proto.DOUBLE,
    FieldDescriptorProto.TYPE_STRING: proto.STRING, FieldDescriptorProto.TYPE_BYTES: proto.BYTES,
    FieldDescriptorProto.TYPE_MESSAGE: proto.MESSAGE,
}  # fmt: skip
_TIMESTAMP = ".google.protobuf.Timestamp"
_WRAPPERS = {
    f".google.protobuf.{kind}Value"
    for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
}

_Key = tuple[str, Path]  # full name of a message, and the path to it


def compile_protobuf(descriptors: bytes, fields: Sequence[str | None], assembler: Assembler) -> int:
    """Add the operations of a schema; return the first one's position.

    Args:
        descriptors: a FileDescriptorSet, the schema's file last.
        fields: dotted path of each mapped field; None for one that no record has.
        assembler: receives the operations; on an error it stays as it was.

    Raises:
        SchemaUnusable: the bytes are no descriptors, or they are over a limit.

    >>> from google.protobuf.timestamp_pb2 import DESCRIPTOR
    >>> file = FileDescriptorProto.FromString(DESCRIPTOR.serialized_pb)
    >>> code = Assembler()
    >>> compile_protobuf(FileDescriptorSet(file=[file]).SerializeToString(), ["seconds"], code)
    0
    >>> code.operations[2]  # an int64 with the number 1, which goes to the first mapped field
    (1, 0, 1, 0)
    """
    if len(descriptors) > MOST_DESCRIPTOR_BYTES:
        raise SchemaUnusable(f"more than {MOST_DESCRIPTOR_BYTES} bytes of descriptors")
    try:
        files = FileDescriptorSet.FromString(descriptors).file
    except DecodeError:
        raise SchemaUnusable("no descriptors") from None
    if not files or not files[-1].message_type:
        raise SchemaUnusable("no message")
    mark = assembler.mark()
    try:
        return _Compiler(fields, assembler).compile(files)
    except SchemaUnusable:
        assembler.undo(mark)
        raise


class _Compiler:
    def __init__(self, fields: Sequence[str | None], assembler: Assembler) -> None:
        self._paths = MappedPaths(fields)
        self._out = assembler
        self._begin, self._first_place = len(assembler), len(assembler.places)
        self._messages: dict[str, tuple[DescriptorProto, FileDescriptorProto]] = {}
        self._enums: dict[str, EnumDescriptorProto] = {}
        self._tables: dict[_Key, int] = {}
        self._end = self._begin + 1  # where the next table comes

    def compile(self, files: Sequence[FileDescriptorProto]) -> int:
        for file in files:
            prefix = f".{file.package}" if file.package else ""
            self._collect_enums(file.enum_type, prefix)
            for message in file.message_type:
                self._collect(message, prefix, file)
        main = files[-1]
        prefix = f".{main.package}" if main.package else ""
        self._out.emit(op.MESSAGES, self._node(main.message_type, prefix))
        done = 0
        while done < len(self._tables):  # tables that a table needs come behind it
            key = list(self._tables)[done]
            self._emit_table(*key)
            done += 1
        return self._begin

    def _collect(self, message: DescriptorProto, prefix: str, file: FileDescriptorProto) -> None:
        name = f"{prefix}.{message.name}"
        self._messages[name] = message, file
        self._collect_enums(message.enum_type, name)
        for inner in message.nested_type:
            self._collect(inner, name, file)

    def _collect_enums(self, enums: Sequence[EnumDescriptorProto], prefix: str) -> None:
        self._enums.update({f"{prefix}.{one.name}": one for one in enums})

    def _node(self, messages: Sequence[DescriptorProto], prefix: str) -> int:
        """Add the messages that a record may be, and those within them; return where they stand."""
        first = self._room(1 + proto.NODE_WIDTH * len(messages))
        self._out.places += [len(messages)] + [0] * (proto.NODE_WIDTH * len(messages))
        for k, message in enumerate(messages):
            name = f"{prefix}.{message.name}"
            at = first + 1 + proto.NODE_WIDTH * k
            self._out.places[at] = self._table(name, ())
            self._out.places[at + 1] = self._node(message.nested_type, name)
        return first

    def _table(self, name: str, path: Path) -> int:
        """Return where the table of a message stands, or will."""
        key = name, path
        if key not in self._tables:
            if name not in self._messages:
                raise SchemaUnusable("a message that no schema defines")
            self._tables[key] = self._end
            self._end += 1 + len(self._messages[name][0].field)
            if self._end - self._begin > MOST_OPERATIONS:
                raise SchemaUnusable(f"more than {MOST_OPERATIONS} operations")
        return self._tables[key]

    def _emit_table(self, name: str, path: Path) -> None:
        message, file = self._messages[name]
        table = self._tables[name, path]
        fields = sorted(message.field, key=lambda one: one.number)
        within = [self._path_of(name, path, one) for one in fields]
        defaults = [
            table + 1 + k
            for k, one in enumerate(fields)
            if self._paths.slot(within[k]) != NO_FIELD and _has_default(one, file)
        ]
        place = self._room(len(defaults))
        self._out.places += defaults
        self._out.emit(proto.TABLE, place, len(fields), len(defaults))
        for one, inner in zip(fields, within, strict=True):
            self._emit_field(one, inner)

    def _path_of(self, name: str, path: Path, field: FieldDescriptorProto) -> Path:
        """Return the path of a field, None where nothing is mapped to it; a wrapper's value has its path."""
        if path is None or (name in _WRAPPERS and self._paths.slot(path) != NO_FIELD):
            return path
        return self._paths.kept((*path, field.name))

    def _emit_field(self, field: FieldDescriptorProto, path: Path) -> None:
        if field.type not in _KINDS or field.options.features.message_encoding == FeatureSet.DELIMITED:
            raise SchemaUnusable("a group, or a type that is not known")
        kind, argument, slot = _KINDS[field.type], 0, self._paths.slot(path)
        repeated = field.label == FieldDescriptorProto.LABEL_REPEATED
        if kind == proto.ENUM:
            argument = self._values(field.type_name, slot if not repeated else NO_FIELD)
        elif kind == proto.MESSAGE:
            leads_on = not repeated and self._paths.leads_on(path)
            if field.type_name == _TIMESTAMP and slot == TIME and not repeated:
                kind = proto.TIMESTAMP
            elif field.type_name in _WRAPPERS and not repeated and slot != NO_FIELD:
                leads_on, slot = True, NO_FIELD
            argument = self._table(field.type_name, path if leads_on else None)
        self._out.emit(kind | (proto.REPEATED if repeated else 0), argument, field.number, slot)

    def _values(self, name: str, slot: int) -> int:
        """Add the texts of an enumeration, none where no field takes them; return where they stand."""
        if name not in self._enums:
            raise SchemaUnusable("an enumeration that no schema defines")
        values: dict[int, str] = {}
        if slot != NO_FIELD:
            for one in self._enums[name].value:
                values.setdefault(one.number, one.name)  # of several names of a number, the first counts
        first = self._room(1 + proto.VALUE_WIDTH * len(values))
        self._out.places.append(len(values))
        for number in sorted(values):
            begin = len(self._out.symbols)
            self._out.symbols += values[number].encode()
            self._out.places += [number, begin, len(self._out.symbols)]
        return first

    def _room(self, count: int) -> int:
        """Return where further places begin."""
        first = len(self._out.places)
        if first - self._first_place + count > MOST_PLACES:
            raise SchemaUnusable(f"more than {MOST_PLACES} messages and values")
        return first


def _has_default(field: FieldDescriptorProto, file: FileDescriptorProto) -> bool:
    """Return whether a record that lacks the field holds the default of its kind."""
    singular = field.label != FieldDescriptorProto.LABEL_REPEATED
    if not singular or field.type == FieldDescriptorProto.TYPE_MESSAGE or field.HasField("oneof_index"):
        return False
    if file.syntax == "proto3":
        return True  # `optional` is a oneof of one field
    presence = field.options.features.field_presence or file.options.features.field_presence
    return bool(file.syntax == "editions" and presence == FeatureSet.IMPLICIT)
