"""Lets the evidence network adapt on a GPU; detectors come back to main memory, where they score."""

from __future__ import annotations

import torch
from torch import Tensor

from meta.adapters.evidence import Evidence
from meta.adapters.protocol import Adapter
from meta.networks.evidence import EvidenceNet

CPU = "cpu"


class NoSuchDevice(Exception):
    """A device was asked for that torch does not have here."""


class OnDevice:
    """The network's `adapt_parts` with arguments and result in main memory, computed elsewhere."""

    def __init__(self, net: EvidenceNet, device: str) -> None:
        self._net, self._device = net.to(device), device

    def adapt_parts(self, support: Tensor, parts: Tensor, usual: Tensor) -> Tensor:
        """As the network's."""
        at = self._device
        return self._net.adapt_parts(support.to(at), parts.to(at), usual.to(at)).cpu()


def chosen_device(wish: str) -> str:
    """What `wish` (auto, cpu or cuda) comes to on this machine. Raises NoSuchDevice."""
    if wish == CPU or (wish == "auto" and not torch.cuda.is_available()):
        return CPU
    if not torch.cuda.is_available():
        raise NoSuchDevice("device cuda: torch finds no GPU here; allowed are cpu and auto")
    return "cuda"


def put_on(adapter: Adapter, device: str) -> None:
    """Make the adapter's network adapt on `device`; adapters without one compute on the processor."""
    if isinstance(adapter, Evidence) and device != CPU and not isinstance(adapter.model.net, OnDevice):
        # The model is frozen, its network a cached property: what takes its place is used from now on.
        adapter.model.__dict__["net"] = OnDevice(adapter.model.net, device)
