"""Named lists, and the changes that announce them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from control.change import Change
from control.entry import Kind
from control.list_entries import DEFINITION, VALUES, bucket_id, bucket_to_bytes
from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from rules.lists.bucket import Bucket, Listed, bucket_of
from rules.lists.definition import ListDefinition
from rules.lists.table import ListTable
from tests.small_models import NAMES

WIDE = (*NAMES, "card_log_seconds_since_last", "merchant_log_seconds_since_last")
"""Features of a base that knows cards and merchants, so that rules can name their ids."""


def buckets_of(values: Mapping[bytes, Listed], of: str = "") -> dict[int, Bucket]:
    """Return the buckets that hold values."""
    numbers = bucket_of(hash_strings(ByteStrings.from_list(list(values)))).tolist()
    found: dict[int, dict[bytes, Listed]] = {}
    for number, (key, why) in zip(numbers, values.items(), strict=True):
        found.setdefault(number, {})[key] = why
    return {number: Bucket.of_values(some, of) for number, some in found.items()}


def table_of(values: Mapping[bytes, Listed], use: str = "watch", of: str = "") -> ListTable:
    definition = msgspec.convert({"use": use, "of": of}, ListDefinition)
    return ListTable(definition).having(buckets_of(values, of))


def list_changes(
    name: str, *values: str, use: str = "watch", of: str = "", until: float | None = None, reason: str = ""
) -> Sequence[Change]:
    """Return the changes that announce a list with values."""
    definition = msgspec.json.encode({"use": use, "of": of})
    listed = {value.encode(): Listed(until, reason, "test", "ada", 1.0) for value in values}
    return [
        Change(Kind.LIST, name, "ada", "", {DEFINITION: definition}, {}),
        *(
            Change(Kind.LIST, bucket_id(name, at), "ada", "", {VALUES: bucket_to_bytes(one)}, {})
            for at, one in sorted(buckets_of(listed, of).items())
        ),
    ]
