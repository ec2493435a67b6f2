"""Where torch computes, and sums in a fixed order there.

On a GPU torch by default adds in whatever order its threads finish; the processor adds in order by itself.
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
    """A device was asked for that torch does not know, or does not have here."""


def chosen_device(wish: str) -> str:
    """What `wish` (auto, cpu, cuda, or cuda:1 for the second GPU) comes to on this machine.

    Raises NoSuchDevice.

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
    """Within it equal seeds give equal weights on one device."""
    if device == CPU:
        yield
        return
    # Read by cuBLAS when it is first used; torch refuses to multiply where it is not set.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
