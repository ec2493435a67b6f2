"""The schemas that are known, compiled for the kernels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from features.formats.avro_schema import compile_avro
from features.formats.errors import SchemaUnusable
from features.formats.operations import JSON, REFUSED, Assembler, Code
from features.formats.proto_schema import compile_protobuf

MOST_SCHEMAS = 1_000
"""Known at a time; one more forgets all, and those in use are asked for again."""
MOST_REFUSED = 10_000
"""Refused ones that are remembered at a time."""


class Schemas:
    """Schemas by their id in the registry.

    Args:
        fields: dotted path of each mapped field; None for one that no record has.

    >>> schemas = Schemas(["id"])
    >>> schemas.add_avro(7, '{"type":"record","name":"P","fields":[{"name":"id","type":"long"}]}')
    >>> schemas.refuse(8, "is unknown")
    >>> schemas.entries(np.array([7, 8, 9])), schemas.why_refused(8), schemas.knows(9)
    (array([ 0, -2, -2]), 'schema 8 is unknown', False)
    """

    def __init__(self, fields: Sequence[str | None]) -> None:
        self._fields = fields
        self._assembler = Assembler()
        self._code: Code | None = None
        self._entries: dict[int, int] = {}
        self._refused: dict[int, str] = {}

    @property
    def code(self) -> Code:
        """The operations of all known schemas."""
        if self._code is None:
            self._code = self._assembler.code()
        return self._code

    def knows(self, number: int) -> bool:
        """Whether a schema was added or refused."""
        return number in self._entries or number in self._refused

    def add_avro(self, number: int, text: str, references: Sequence[str] = ()) -> None:
        """Compile an Avro schema; one that cannot be used is refused."""
        self._make_room()
        try:
            self._entries[number] = compile_avro(text, self._fields, self._assembler, references)
            self._code = None
        except SchemaUnusable as error:
            self.refuse(number, f"cannot be used: {error}")

    def add_protobuf(self, number: int, descriptors: bytes) -> None:
        """Compile a Protobuf schema, given as a FileDescriptorSet; one that cannot be used is refused."""
        self._make_room()
        try:
            self._entries[number] = compile_protobuf(descriptors, self._fields, self._assembler)
            self._code = None
        except SchemaUnusable as error:
            self.refuse(number, f"cannot be used: {error}")

    def add_json(self, number: int) -> None:
        """Let records of a JSON schema be read as JSON."""
        self._make_room()
        self._entries[number] = JSON

    def refuse(self, number: int, why: str) -> None:
        """Refuse the records of a schema, for a reason that follows the words «schema N»."""
        if len(self._refused) >= MOST_REFUSED:
            self._refused.clear()
        self._refused[number] = f"schema {number} {why}"

    def forget(self, number: int) -> None:
        """Forget a refused schema, so that it is asked for again."""
        self._refused.pop(number, None)

    def entries(self, numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the first operation of each schema, JSON, or REFUSED where it is refused or not known."""
        return np.array([self._entries.get(number, REFUSED) for number in numbers.tolist()], np.int64)

    def is_refused(self, number: int) -> bool:
        """Whether a schema is refused."""
        return number in self._refused

    def why_refused(self, number: int) -> str:
        """Return why records of a schema are refused."""
        return self._refused.get(number, f"schema {number} was not asked for: too many new ones at a time")

    def _make_room(self) -> None:
        if len(self._entries) >= MOST_SCHEMAS:
            self._assembler, self._code = Assembler(), None
            self._entries.clear()
