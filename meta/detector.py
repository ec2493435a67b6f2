"""A detector: the parameters that an adapter made of one episode."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from meta.arrays import Tensors
from meta.tensors import content_hash, pack, unpack

_KIND = "detector"


@dataclass(frozen=True)
class Detector:
    """Name of the adapter, its tensors, and the content hash of the artifact they belong to.

    `network` is empty for adapters that need no trained artifact beside the detector itself.
    """

    adapter: str
    tensors: Tensors
    network: str = ""

    def to_bytes(self) -> bytes:
        """Return the artifact; equal detectors give equal bytes."""
        return pack(self.tensors, {"kind": _KIND, "adapter": self.adapter, "network": self.network})

    @classmethod
    def from_bytes(cls, data: bytes) -> Detector:
        """Rebuild from `to_bytes`; BrokenArtifact where the bytes are no detector."""
        tensors, header = unpack(data, kind=_KIND)
        return cls(str(header["adapter"]), tensors, str(header["network"]))

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of the artifact."""
        return content_hash(self.to_bytes())
