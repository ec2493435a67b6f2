"""Decoding the same payments from JSON, from Avro and from Protobuf."""
