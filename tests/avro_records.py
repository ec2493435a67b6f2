"""Writes Avro records by a schema, for tests: from the specification, independent of the code that reads."""

import json
import struct
from collections.abc import Mapping, Sequence
from typing import Any

from features.formats.envelope import HEADER_BYTES


def zigzag(value: int) -> bytes:
    left, out = (value << 1) ^ (value >> 63), bytearray()
    left &= 2**64 - 1
    while left > 0x7F:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*out, left])


def counted(data: bytes) -> bytes:
    return zigzag(len(data)) + data


def enveloped(number: int, body: bytes) -> bytes:
    """Return a record in Confluent's wire format."""
    header = struct.pack(">bI", 0, number)
    assert len(header) == HEADER_BYTES
    return header + body


class AvroWriter:
    """Writes values by a schema.

    Args:
        schema: as parsed JSON.
    """

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self._named: dict[str, Any] = {}
        self._collect(schema)

    @property
    def text(self) -> str:
        return json.dumps(self.schema)

    def _collect(self, schema: Any) -> None:
        if isinstance(schema, list):
            for one in schema:
                self._collect(one)
        elif isinstance(schema, dict):
            if "name" in schema and schema["type"] in ("record", "enum", "fixed"):
                self._named[schema["name"]] = schema
            for one in schema.get("fields", []):
                self._collect(one["type"])
            for key in ("items", "values", "type"):
                self._collect(schema.get(key))

    def write(self, value: Any) -> bytes:
        return self._write(self.schema, value)

    def _write(self, schema: Any, value: Any) -> bytes:
        if isinstance(schema, list):
            which, value = self._branch(schema, value)
            return zigzag(which) + self._write(schema[which], value)
        if isinstance(schema, dict) and not isinstance(schema["type"], str):
            return self._write(schema["type"], value)
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in self._named:
            return self._write(self._named[kind], value)
        if kind == "record":
            return b"".join(self._write(one["type"], value[one["name"]]) for one in schema["fields"])
        if kind == "enum":
            return zigzag(schema["symbols"].index(value))
        if kind == "array":
            return self._blocks([self._write(schema["items"], one) for one in value])
        if kind == "map":
            items = value.items()
            return self._blocks(
                [counted(key.encode()) + self._write(schema["values"], one) for key, one in items]
            )
        return _primitive(kind, value)

    @staticmethod
    def _branch(schema: Sequence[Any], value: Any) -> tuple[int, Any]:
        """Choose a branch: null for None, that of a pair (number, value), otherwise the first other one."""
        if value is None:
            return list(schema).index("null"), None
        if isinstance(value, tuple):
            return value
        return next(k for k, one in enumerate(schema) if one != "null"), value

    @staticmethod
    def _blocks(items: Sequence[bytes]) -> bytes:
        """Write one block with its size, as Java does for large arrays, and the empty one."""
        if not items:
            return zigzag(0)
        data = b"".join(items)
        return zigzag(-len(items)) + zigzag(len(data)) + data + zigzag(0)


def _primitive(kind: str, value: Any) -> bytes:
    match kind:
        case "null":
            return b""
        case "boolean":
            return bytes([value])
        case "int" | "long":
            return zigzag(value)
        case "float":
            return struct.pack("<f", value)
        case "double":
            return struct.pack("<d", value)
        case "string":
            return counted(value.encode())
        case "bytes":
            return counted(value)
        case "fixed":
            return bytes(value)
    raise ValueError(kind)


PAYMENT: Mapping[str, Any] = {
    "type": "record",
    "name": "Payment",
    "namespace": "com.example",
    "fields": [
        {"name": "transaction_id", "type": "string"},
        {"name": "timestamp", "type": "double"},
        {"name": "amount", "type": "double"},
        {"name": "currency", "type": ["null", "string"]},
        {"name": "mcc", "type": ["null", "int"]},
        {
            "name": "channel",
            "type": ["null", {"type": "enum", "name": "Entry", "symbols": ["pos", "ecom", "atm"]}],
        },
        {"name": "card_id", "type": "string"},
        {"name": "merchant_id", "type": ["string", "long"]},
    ],
}
"""A schema with the fields of the default mapping."""
