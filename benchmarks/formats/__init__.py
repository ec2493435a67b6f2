"""Decoding the same payments from JSON and from Avro."""
