"""Records in Confluent's wire format: Avro, with a schema from a registry.

A schema is compiled once into operations (`avro_schema`). A kernel walks the records of a
batch by them (`avro_walk`) and writes what they hold as text, with the place of each mapped
value. From there on, one code reads all formats (`features.reading`), so that equal payments give equal
columns, and card numbers are found by the same search.
"""
