"""Writes Protobuf records for tests, with the official library."""

import struct
from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from stream.registry.protoc import compile_proto

PAYMENT = """
syntax = "proto3";
package com.example;
import "google/protobuf/wrappers.proto";
message Payment {
  enum Entry { pos = 0; ecom = 1; atm = 2; }
  string transaction_id = 1;
  double timestamp = 2;
  double amount = 3;
  google.protobuf.StringValue currency = 4;
  optional sint32 mcc = 5;
  optional Entry channel = 6;
  string card_id = 7;
  oneof merchant { string merchant_id = 8; }
}
"""
"""A schema with the fields of the default mapping."""


class ProtoSchema:
    """A schema, and the classes of its messages.

    Args:
        text: the schema.
        references: what it imports, by name.
    """

    def __init__(self, text: str, references: Mapping[str, str] | None = None) -> None:
        self.text = text
        self.descriptors = compile_proto(text, references or {})
        self._pool = descriptor_pool.DescriptorPool()
        for file in descriptor_pb2.FileDescriptorSet.FromString(self.descriptors).file:
            self._pool.Add(file)

    def message(self, name: str) -> type[Message]:
        """Return the class of a message by its full name."""
        kind: type[Message] = message_factory.GetMessageClass(self._pool.FindMessageTypeByName(name))
        return kind

    def payment(self, name: str = "com.example.Payment", /, **fields: Any) -> bytes:
        """Return the bytes of a message; wrapped values are given plainly, and None leaves a field out."""
        kind = self.message(name)
        made = kind()
        for field, value in fields.items():
            described = kind.DESCRIPTOR.fields_by_name[field]
            if value is None:
                continue
            if described.message_type is not None and not isinstance(value, dict | list):
                getattr(made, field).value = value
            elif isinstance(value, dict):
                getattr(made, field).CopyFrom(described.message_type._concrete_class(**value))
            elif isinstance(value, list):
                getattr(made, field).extend(value)
            else:
                setattr(made, field, value)
        record: bytes = made.SerializeToString()
        return record


def enveloped(number: int, body: bytes, indexes: bytes = b"\0") -> bytes:
    """Return a record in Confluent's wire format; `indexes` say which message it is."""
    return struct.pack(">bI", 0, number) + indexes + body
