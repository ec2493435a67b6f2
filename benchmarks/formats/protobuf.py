"""Payments in Protobuf, written by the official library."""

from __future__ import annotations

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from stream.registry.protoc import compile_proto

_SCHEMA = """
syntax = "proto3";
message Payment {
  enum Channel { pos = 0; ecom = 1; }
  string transaction_id = 1;
  double timestamp = 2;
  double amount = 3;
  optional string currency = 4;
  int32 mcc = 5;
  Channel channel = 6;
  string card_id = 7;
  string merchant_id = 8;
}
"""
DESCRIPTORS = compile_proto(_SCHEMA, {})
"""What protoc makes of the schema."""

_POOL = descriptor_pool.DescriptorPool()
for _file in FileDescriptorSet.FromString(DESCRIPTORS).file:
    _POOL.Add(_file)
_PAYMENT = message_factory.GetMessageClass(_POOL.FindMessageTypeByName("Payment"))


def written(payment: dict[str, object]) -> bytes:
    """Return the record of a payment, without the envelope."""
    channel = ("pos", "ecom").index(str(payment["channel"]))
    record: bytes = _PAYMENT(**{**payment, "channel": channel}).SerializeToString()
    return record
