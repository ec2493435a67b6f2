"""The recorder writes what workers publish to SQL in bulk, each record exactly once.

`recorder` consumes, `rows` turns records into rows, and `writing` puts them into the database. Kafka offsets
are committed after SQL. Rows are keyed by their position in the log, so a repeat changes nothing.
"""
