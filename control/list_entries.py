"""Named lists of the control log: one entry for what a list is for, and one for each bucket of its values.

The id of the first is the list's name, that of a bucket `NAME.7f`. Both have the kind `list`, like entries of
earlier releases that hold rules of single entities.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.undecodable import UNDECODABLE
from control.entry import Entry, Kind
from control.errors import MalformedEntry
from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from meta.arrays import Tensors
from meta.tensors import BrokenArtifact, pack, unpack
from rules.errors import RuleError
from rules.lists.bucket import Bucket, check_bucket
from rules.lists.definition import ListDefinition, check_list_name, read_list

DEFINITION, VALUES = "definition", "values"
"""Names of the parts: JSON of what a list is for, and a bucket as safetensors."""
_LISTED: Final = "listed"
_BUCKET: Final = re.compile(r"([a-z][a-z0-9_]*)\.([0-9a-f]{2})")


def bucket_id(name: str, number: int) -> str:
    """Return the id of the entry of a bucket."""
    return f"{name}.{number:02x}"


def bucket_to_bytes(bucket: Bucket) -> bytes:
    """Return the part of a bucket's entry."""
    keys = bucket.keys.gather()
    tensors: Tensors = {
        "bytes": keys.buffer, "end": keys.end, "until": bucket.until, "added": bucket.added,
        "note": bucket.note, "notes": np.frombuffer(msgspec.json.encode(bucket.notes), np.uint8),
    }  # fmt: skip
    return pack(tensors, {"kind": _LISTED, "of": bucket.of})


def bucket_from_bytes(data: bytes, number: int) -> Bucket:
    """Rebuild from `bucket_to_bytes`.

    Raises:
        BrokenArtifact: The bytes are no bucket of this number.
    """
    tensors, header = unpack(data, kind=_LISTED)
    try:
        notes = tuple(msgspec.json.decode(tensors["notes"].tobytes(), type=list[tuple[str, str, str]]))
        keys = ByteStrings.in_a_row(tensors["bytes"], tensors["end"])
        until, added, note = tensors["until"], tensors["added"], tensors["note"]
        bucket = Bucket(keys, _hashes(keys), until, added, note, notes, str(header.get("of", "")))
        check_bucket(bucket, number)
    except (KeyError, TypeError, ValueError, *UNDECODABLE) as error:
        raise BrokenArtifact(f"the bucket cannot be read: {error}") from error
    return bucket


def read_named_list(entry: Entry) -> ListDefinition | Bucket:
    """Return what an entry of a named list holds.

    Raises:
        MalformedEntry: It cannot be read.
    """
    try:
        if VALUES in entry.parts:
            _, number = list_and_bucket(entry.id)
            if number is None:
                raise RuleError("values lie in the entries of buckets, as NAME.7f")
            return bucket_from_bytes(entry.parts[VALUES], number)
        check_list_name(entry.id)
        return read_list(entry.parts.get(DEFINITION, b""))
    except (RuleError, BrokenArtifact) as error:
        raise MalformedEntry(f"{entry.key.decode()}: {error}") from error


def is_of_named_list(entry: Entry) -> bool:
    """Return whether an entry defines a list or holds values, and no rules of single entities."""
    return entry.kind is Kind.LIST and (DEFINITION in entry.parts or VALUES in entry.parts)


def is_bucket(entry: Entry) -> bool:
    """Return whether an entry is that of a bucket, in force or retired."""
    return entry.kind is Kind.LIST and list_and_bucket(entry.id)[1] is not None


def list_and_bucket(identity: str) -> tuple[str, int | None]:
    """Return the list's name, and the number of the bucket where the id is that of one."""
    found = _BUCKET.fullmatch(identity)
    return (found[1], int(found[2], 16)) if found else (identity, None)


def _hashes(keys: ByteStrings) -> NDArray[np.uint64]:
    """Hash the values, unless the kernel would read outside of their buffer; `check_bucket` refuses those."""
    if [str(keys.buffer.dtype), str(keys.end.dtype)] != ["uint8", "int64"] or keys.end.ndim != 1:
        raise RuleError("the values have another type")
    if len(keys) and (keys.length.min() < 1 or keys.end[-1] != len(keys.buffer)):
        raise RuleError("the values do not fill their buffer")
    return hash_strings(keys)
