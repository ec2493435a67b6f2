"""Errors of schemas."""


class SchemaUnusable(ValueError):
    """A schema cannot be compiled; the message says why, without text of the schema's author."""
