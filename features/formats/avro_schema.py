"""Compile Avro schemas into operations.

Records are read by the schema that wrote them: each value goes to the mapped field of its dotted path, and
what no field is mapped to is walked over. A field that a writer lacks is absent, as in JSON.
Source: Apache Avro 1.12, «Specification», schema declaration.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from features.formats import operations as op
from features.formats.errors import SchemaUnusable
from features.formats.mapped_paths import MappedPaths, Path
from features.formats.operations import NO_FIELD, Assembler

MOST_OPERATIONS = 20_000
"""Of one schema; beyond it is refused."""
MOST_PLACES = 200_000
"""Branches of unions and symbols of enumerations of one schema, each time that one is used."""
MOST_SCHEMA_BYTES = 1 << 20

_DEEPEST = 64  # levels of a schema
_MOST_SCALE = 64
_LARGEST_FIXED = 1 << 20
_UUID_WIDTH = 16
_SIMPLE = {
    "boolean": op.TRUTH, "int": op.LONG, "long": op.LONG, "float": op.FLOAT, "double": op.DOUBLE,
    "string": op.TEXT, "bytes": op.BYTES,
}  # fmt: skip
_UNITS = {
    "timestamp-millis": op.MILLIS, "timestamp-micros": op.MICROS, "timestamp-nanos": op.NANOS,
    "local-timestamp-millis": op.MILLIS, "local-timestamp-micros": op.MICROS,
    "local-timestamp-nanos": op.NANOS, "date": op.DAYS,
}  # fmt: skip

Named = tuple[Mapping[str, Any], str]  # a definition and its namespace


def compile_avro(
    text: str, fields: Sequence[str | None], assembler: Assembler, references: Sequence[str] = ()
) -> int:
    """Add the operations of a schema; return the first one's position.

    Args:
        text: the schema as JSON.
        fields: dotted path of each mapped field; None for one that no record has.
        assembler: receives the operations; on an error it stays as it was.
        references: schemas that define further names.

    Raises:
        SchemaUnusable: the text is no Avro schema, or it is over a limit.

    >>> code = Assembler()
    >>> compile_avro('{"type":"record","name":"P","fields":[{"name":"id","type":"long"}]}', ["id"], code)
    0
    >>> code.operations[0]
    (1, 0, 0, 0)
    """
    mark = assembler.mark()
    try:
        return _Compiler(fields, assembler).compile([*references, text])
    except SchemaUnusable:
        assembler.undo(mark)
        raise
    except (RecursionError, KeyError, TypeError, AttributeError):
        assembler.undo(mark)
        raise SchemaUnusable("not an Avro schema") from None


class _Compiler:
    def __init__(self, fields: Sequence[str | None], assembler: Assembler) -> None:
        self._paths = MappedPaths(fields)
        self._out = assembler
        self._begin, self._first_place = len(assembler), len(assembler.places)
        self._named: dict[str, Named] = {}
        self._calls: dict[str, list[int]] = {}

    def compile(self, texts: Sequence[str]) -> int:
        schemas = [_parsed(text) for text in texts]
        for schema in schemas:
            self._collect(schema, "", 0)
        self._emit(schemas[-1], (), "", 0)
        self._put(op.END)
        self._emit_routines()
        return self._begin

    def _collect(self, schema: Any, space: str, depth: int) -> None:
        """Note all names that a schema defines, so that they may be used before their definition."""
        if depth > _DEEPEST:
            raise SchemaUnusable(f"more than {_DEEPEST} levels")
        if isinstance(schema, list):
            for branch in schema:
                self._collect(branch, space, depth + 1)
        elif isinstance(schema, dict):
            kind = schema.get("type")
            if kind in ("record", "error", "enum", "fixed"):
                full, space = _full_name(schema, space)
                self._named[full] = schema, space
            for inner in [*_fields(schema), schema]:
                for key in ("type", "items", "values"):
                    if isinstance(inner.get(key), dict | list):
                        self._collect(inner[key], space, depth + 1)

    def _put(self, code: int, a: int = 0, b: int = 0, slot: int = NO_FIELD) -> int:
        if len(self._out) - self._begin >= MOST_OPERATIONS:
            raise SchemaUnusable(f"more than {MOST_OPERATIONS} operations")
        return self._out.emit(code, a, b, slot)

    def _room(self, count: int) -> int:
        """Return where further places begin."""
        first = len(self._out.places)
        if first - self._first_place + count > MOST_PLACES:
            raise SchemaUnusable(f"more than {MOST_PLACES} branches and symbols")
        return first

    def _emit(self, schema: Any, path: Path, space: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise SchemaUnusable(f"more than {_DEEPEST} levels")
        if isinstance(schema, list):
            self._emit_union(schema, path, space, depth)
        elif isinstance(schema, str):
            self._emit_name(schema, path, space, depth)
        elif isinstance(schema["type"], dict | list):
            self._emit(schema["type"], path, space, depth + 1)
        else:
            self._emit_definition(schema, path, space, depth)

    def _emit_name(self, name: str, path: Path, space: str, depth: int) -> None:
        if name == "null":
            return
        if name in _SIMPLE:
            self._put(_SIMPLE[name], slot=self._paths.slot(path))
            return
        full = name if "." in name or not space else f"{space}.{name}"
        found = full if full in self._named else name
        if found not in self._named:
            raise SchemaUnusable("a name that no schema defines")
        self._emit_named(found, path, depth)

    def _emit_named(self, full: str, path: Path, depth: int) -> None:
        definition, space = self._named[full]
        if definition["type"] in ("record", "error") and not self._paths.leads_on(path):
            self._mark_list(path)
            self._calls.setdefault(full, []).append(self._put(op.CALL))
        elif definition["type"] in ("record", "error"):
            self._emit_record(definition, path, space, depth)
        elif definition["type"] == "enum":
            self._emit_symbols(definition, path)
        else:
            self._emit_fixed(definition, path)

    def _emit_definition(self, schema: Mapping[str, Any], path: Path, space: str, depth: int) -> None:
        kind, logical = schema["type"], schema.get("logicalType")
        if kind in ("record", "error", "enum", "fixed"):
            self._emit_named(_full_name(schema, space)[0], path, depth)
        elif kind in ("array", "map"):
            self._emit_items(
                schema["items" if kind == "array" else "values"], kind == "map", path, space, depth
            )
        elif kind == "bytes" and logical == "decimal" and _has_scale(schema):
            self._put(op.DECIMAL, -1, schema.get("scale", 0), self._paths.slot(path))
        elif kind in ("int", "long") and logical in _UNITS:
            self._put(op.LONG, _UNITS[logical], 0, self._paths.slot(path))
        else:
            self._emit_name(kind, path, space, depth + 1)

    def _emit_record(self, schema: Mapping[str, Any], path: Path, space: str, depth: int) -> None:
        self._mark_list(path)
        if len({str(one["name"]) for one in schema["fields"]}) < len(schema["fields"]):
            raise SchemaUnusable("two fields of one name")  # the room for text counts each field once
        for one in schema["fields"]:
            inner = None if path is None else (*path, str(one["name"]))
            self._emit(one["type"], self._paths.kept(inner), space, depth + 1)

    def _emit_routines(self) -> None:
        """Add each record that no field is mapped to once; so schemas that refer to themselves end."""
        done: set[str] = set()
        while left := [full for full in self._calls if full not in done]:
            for full in left:
                done.add(full)
                for call in self._calls[full]:
                    self._out.aim(call, len(self._out))
                self._calls[full] = _Aimed(self._out, len(self._out))
                definition, space = self._named[full]
                self._emit_record(definition, None, space, 0)
                self._put(op.RETURN)

    def _emit_union(self, branches: Sequence[Any], path: Path, space: str, depth: int) -> None:
        first = self._room(len(branches))
        self._out.places.extend([0] * len(branches))
        self._put(op.CHOOSE, first, len(branches))
        ends = []
        for k, branch in enumerate(branches):
            self._out.places[first + k] = len(self._out)
            self._emit(branch, path, space, depth + 1)
            ends.append(self._put(op.GO))
        for end in ends:
            self._out.aim(end, len(self._out))

    def _emit_items(self, items: Any, keyed: bool, path: Path, space: str, depth: int) -> None:
        self._mark_list(path)
        loop = self._put(op.LOOP)
        body = len(self._out)
        if keyed:
            self._put(op.TEXT)
        self._emit(items, None, space, depth + 1)
        self._out.aim(loop, self._put(op.NEXT, body))

    def _emit_symbols(self, schema: Mapping[str, Any], path: Path) -> None:
        symbols, slot = schema["symbols"], self._paths.slot(path)
        first = self._room(2 * len(symbols))
        for symbol in symbols:
            begin = len(self._out.symbols)
            self._out.symbols += str(symbol).encode() if slot != NO_FIELD else b""
            self._out.places += [begin, len(self._out.symbols)]
        self._put(op.SYMBOL, first, len(symbols), slot)

    def _emit_fixed(self, schema: Mapping[str, Any], path: Path) -> None:
        size, logical = schema["size"], schema.get("logicalType")
        if not isinstance(size, int) or not 0 <= size <= _LARGEST_FIXED:
            raise SchemaUnusable("a fixed type of an invalid size")
        if logical == "decimal" and size > 0 and _has_scale(schema):  # text needs a byte that pays for it
            self._put(op.DECIMAL, size, schema.get("scale", 0), self._paths.slot(path))
        elif logical == "uuid" and size == _UUID_WIDTH:
            self._put(op.UUID, slot=self._paths.slot(path))
        else:
            self._put(op.FIXED, size, 0, self._paths.slot(path))

    def _mark_list(self, path: Path) -> None:
        if self._paths.slot(path) != NO_FIELD:
            self._put(op.LIST, slot=self._paths.slot(path))


class _Aimed(list[int]):
    """Calls of a routine that has its place: they get their target at once."""

    def __init__(self, out: Assembler, target: int) -> None:
        super().__init__()
        self._out, self._target = out, target

    def append(self, call: int) -> None:
        self._out.aim(call, self._target)


def _parsed(text: str) -> Any:
    if len(text) > MOST_SCHEMA_BYTES:
        raise SchemaUnusable(f"more than {MOST_SCHEMA_BYTES} characters")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise SchemaUnusable("not JSON") from None


def _fields(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    fields = schema.get("fields", [])
    if not isinstance(fields, list) or not all(isinstance(one, dict) for one in fields):
        raise SchemaUnusable("fields of a record that are no list of objects")
    return fields


def _full_name(schema: Mapping[str, Any], space: str) -> tuple[str, str]:
    """Return a definition's full name, and the namespace for names in it."""
    name = str(schema["name"])
    if "." in name:
        return name, name.rpartition(".")[0]
    space = str(schema.get("namespace", space) or "")
    return (f"{space}.{name}" if space else name), space


def _has_scale(schema: Mapping[str, Any]) -> bool:
    scale = schema.get("scale", 0)
    return isinstance(scale, int) and not isinstance(scale, bool) and 0 <= scale <= _MOST_SCALE
