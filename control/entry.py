"""One change to how scoring behaves: its kind, its content, its author and reason."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What an entry changes."""

    BASE = "base"
    NETWORK = "network"
    DETECTOR = "detector"
    THRESHOLD = "threshold"
    RISK = "risk"
    LIST = "list"
    SUPPRESSION = "suppression"
    SHADOW = "shadow"
    RULE = "rule"
    POLICY = "policy"


@dataclass(frozen=True)
class Entry:
    """One change. It replaces the entry of the same kind and id.

    A retirement is a signed entry as well. A null value cannot be signed, so everyone with write access to
    the topic could switch detectors off; and compaction would remove the sequence that refuses replays.

    Attributes:
        kind: What it changes.
        id: Which one of its kind.
        author: User or process that announced it.
        reason: Why, in words.
        time: When it was signed, seconds since 1970-01-01 UTC.
        sequence: Larger for each signing of a key. An entry whose sequence is not above the one in force is
            a replay.
        parts: Artifacts by name, as safetensors; rules as JSON.
        values: Small parameters that JSON can hold, such as a threshold.
        parent: Content hash of the entry that it was made beside or from.
        retired: Whether it takes away what is in force under its key.
        place: Control offset of the entry that this one repeats under a new signature. What follows from the
            order of entries follows from that place, so signing again changes nothing in force.
    """

    kind: Kind
    id: str
    author: str
    reason: str
    time: float
    sequence: int
    parts: Mapping[str, bytes] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    retired: bool = False
    place: int | None = None

    @property
    def key(self) -> bytes:
        """Key of the record, by which the topic is compacted."""
        return f"{self.kind}/{self.id}".encode()

    @property
    def content_hash(self) -> str:
        """SHA-256 of its content: kind, id, retired, parent, values and parts, but no author or time."""
        return content_hash_of(self.kind, self.id, self.retired, self.parent, self.values, self.part_hashes)

    @property
    def part_hashes(self) -> dict[str, str]:
        """SHA-256 of each part, 64 hexadecimal digits, by name."""
        return {name: hashlib.sha256(part).hexdigest() for name, part in self.parts.items()}


def content_hash_of(
    kind: str,
    identity: str,
    retired: bool,
    parent: str | None,
    values: Mapping[str, Any],
    part_hashes: Mapping[str, str],
) -> str:
    """Compute the content hash of an entry whose parts are known by their hashes alone.

    Args:
        kind: see `Entry`, as for the next four.
        identity: the id of the entry.
        retired: whether it takes away what is in force.
        parent: content hash of another entry.
        values: small parameters.
        part_hashes: SHA-256 of each part, 64 hexadecimal digits, by name.

    Returns:
        64 hexadecimal digits.
    """
    what = [kind, identity, retired, parent, dict(values), sorted(part_hashes)]
    digest = hashlib.sha256(json.dumps(what, sort_keys=True, separators=(",", ":")).encode())
    for name in sorted(part_hashes):
        digest.update(bytes.fromhex(part_hashes[name]))
    return digest.hexdigest()


@dataclass(frozen=True)
class LoggedEntry:
    """An entry that is on the control log, and its control offset."""

    entry: Entry
    offset: int
