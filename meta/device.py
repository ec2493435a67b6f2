"""Chooses where torch computes, and makes it add in a fixed order there.

On a GPU, torch by default adds in the order in which its threads finish. The processor adds in a fixed order.
Source: https://docs.pytorch.org/docs/stable/notes/randomness.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

CPU = "cpu"


class NoSuchDevice(Exception):
    """A device that torch does not know, or that this machine does not have."""


def chosen_device(wish: str) -> str:
    """Return torch's name of the device that `wish` means on this machine.

    Args:
        wish: `auto` (a GPU where there is one), `cpu`, `cuda`, or `cuda:1` for the second GPU.

    Raises:
        NoSuchDevice: The name is unknown, or this machine has no such device.

    >>> chosen_device("cpu")
    'cpu'
    """
    found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wish == "auto":
        return "cuda" if found else CPU
    asked = re.fullmatch(r"cpu|cuda(?::(\d+))?", wish)
    if asked is None:
        raise NoSuchDevice(f"device {wish!r}: allowed are auto, cpu, cuda, and cuda:1 for the second GPU")
    if wish != CPU and int(asked[1] or 0) >= found:
        raise NoSuchDevice(f"device {wish}: torch finds {_gpus(found)} here; allowed are cpu and auto")
    return wish


def _gpus(found: int) -> str:
    return f"GPUs 0 to {found - 1}" if found else "no GPU"


@contextmanager
def reproducible(device: str) -> Iterator[None]:
    """Make equal seeds give equal weights on one device, while the context is open."""
    if device == CPU:
        yield
        return
    # cuBLAS reads it when it is first used; without it torch refuses deterministic products.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
