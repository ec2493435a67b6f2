"""The recorder: what workers publish, written to SQL in bulk, each record's effect exactly once.

`rows` turns records into rows, `writing` puts them into the database, `recorder` consumes. Kafka offsets
are committed after SQL, and rows are keyed by where they lie in the log: a repeat changes nothing.
"""
