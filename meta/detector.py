"""A detector: the parameters that an adapter made of one episode."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from meta.arrays import Tensors
from meta.tensors import content_hash, pack, unpack

_KIND = "detector"


@dataclass(frozen=True)
class Detector:
    """Parameters adapted from one episode.

    Attributes:
        adapter: Name of the adapter that made it.
        tensors: Its tensors by name.
        network: Content hash of the trained artifact that they belong to; empty where they need none.
    """

    adapter: str
    tensors: Tensors
    network: str = ""

    def to_bytes(self) -> bytes:
        """Return the artifact; equal detectors give equal bytes."""
        return pack(self.tensors, {"kind": _KIND, "adapter": self.adapter, "network": self.network})

    @classmethod
    def from_bytes(cls, data: bytes) -> Detector:
        """Rebuild from `to_bytes`.

        Raises:
            BrokenArtifact: The bytes are no detector.
        """
        tensors, header = unpack(data, kind=_KIND)
        return cls(str(header["adapter"]), tensors, str(header["network"]))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the artifact."""
        return content_hash(self.to_bytes())
