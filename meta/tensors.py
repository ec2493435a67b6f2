"""Bytes of an artifact: safetensors with one JSON header. Equal content gives equal bytes."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from meta.arrays import Tensors

_KEY = "flagfive"  # one key only: safetensors writes several in no fixed order
_MAX_HEADER = 1 << 20  # bytes


class BrokenArtifact(ValueError):
    """Bytes that are no artifact: truncated, foreign, or of another kind."""


def pack(tensors: Tensors, header: dict[str, Any]) -> bytes:
    """Return safetensors bytes whose metadata hold `header` as sorted JSON."""
    text = json.dumps(header, sort_keys=True, separators=(",", ":"))
    return save({k: np.ascontiguousarray(v) for k, v in tensors.items()}, metadata={_KEY: text})


def unpack(data: bytes, *, kind: str) -> tuple[Tensors, dict[str, Any]]:
    """Return tensors and header of packed bytes.

    Raises:
        BrokenArtifact: The bytes cannot be read, or are an artifact of another kind.
    """
    header = _header(data)
    if header.get("kind") != kind:
        raise BrokenArtifact(f"artifact of kind {header.get('kind')!r}, allowed {kind!r}")
    try:
        return dict(load(data)), header
    except Exception as error:  # safetensors raises its own types, one per flaw
        raise BrokenArtifact(f"artifact of kind {kind!r}: {error}") from error


def content_hash(data: bytes) -> str:
    """Return the SHA-256 of `data`, 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def _header(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(_MAX_HEADER, len(data) - 8):
        raise BrokenArtifact(f"artifact of {len(data)} bytes: header of {length} bytes does not fit")
    try:
        meta = json.loads(data[8 : 8 + length])["__metadata__"][_KEY]
        header = json.loads(meta)
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenArtifact(f"artifact without a {_KEY!r} header: {error}") from error
    if not isinstance(header, dict):
        raise BrokenArtifact(f"artifact header is {type(header).__name__}, allowed an object")
    return header
