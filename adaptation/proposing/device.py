"""Lets the evidence network adapt on a GPU; detectors come back to main memory, where they score."""

from __future__ import annotations

from torch import Tensor

from meta.adapters.blend import Blend
from meta.adapters.evidence import Evidence
from meta.adapters.protocol import Adapter
from meta.device import CPU
from meta.networks.evidence import EvidenceNet


class OnDevice:
    """The network's `adapt_parts` with arguments and result in main memory, computed elsewhere."""

    def __init__(self, net: EvidenceNet, device: str) -> None:
        self._net, self._device = net.to(device), device

    def adapt_parts(self, support: Tensor, parts: Tensor, usual: Tensor) -> Tensor:
        """As the network's."""
        at = self._device
        return self._net.adapt_parts(support.to(at), parts.to(at), usual.to(at)).cpu()


def put_on(adapter: Adapter, device: str) -> None:
    """Make the adapter's network, or those of its parts, adapt on `device`; others stay on the processor."""
    if isinstance(adapter, Blend):
        for part in adapter.parts:
            put_on(part, device)
    if isinstance(adapter, Evidence) and device != CPU and not isinstance(adapter.model.net, OnDevice):
        # The model is frozen, its network a cached property: what takes its place is used from now on.
        adapter.model.__dict__["net"] = OnDevice(adapter.model.net, device)
