"""One change to how scoring behaves: what it is, what it carries, who made it and why."""

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


@dataclass(frozen=True)
class Entry:
    """One change. An entry replaces the one of the same kind and id; a retired one takes it away.

    A retirement is an entry like any other, signed and kept: a plain null value would let whoever can
    write to the topic switch detectors off, and compaction would forget the sequence that refuses replays.
    """

    kind: Kind
    id: str
    author: str
    reason: str
    time: float
    """Seconds since 1970-01-01 UTC."""
    sequence: int
    """Grows with every signing of a key's entry; one that is not larger than the one in force is a replay."""
    parts: Mapping[str, bytes] = field(default_factory=dict)
    """Artifacts by name, each safetensors."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Small parameters that JSON can hold, such as a threshold."""
    parent: str | None = None
    """Content hash of what it was made beside or from."""
    retired: bool = False

    @property
    def key(self) -> bytes:
        """The record's key, by which the topic is compacted."""
        return f"{self.kind}/{self.id}".encode()

    @property
    def content_hash(self) -> str:
        """SHA-256 of what it does (kind, id, parts, values), whoever announces it and when."""
        what = [self.kind, self.id, self.retired, self.parent, dict(self.values), sorted(self.parts)]
        digest = hashlib.sha256(json.dumps(what, sort_keys=True, separators=(",", ":")).encode())
        for name in sorted(self.parts):
            digest.update(hashlib.sha256(self.parts[name]).digest())
        return digest.hexdigest()


@dataclass(frozen=True)
class LoggedEntry:
    """An entry that is on the control log, and its control offset."""

    entry: Entry
    offset: int
