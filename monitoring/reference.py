"""What traffic is compared with: the deciles of the data that the base in force was trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from control.envelope import unseal
from meta.histograms import Histograms
from meta.tensors import unpack

if TYPE_CHECKING:
    from control.keys import ControlKey
    from storage import UnitOfWork

BASE = "base"
"""Kind and id of the control entry, name of its part, and kind of the artifact in it."""


@dataclass(frozen=True)
class Reference:
    """Names of the d features in their order, bins and shares of each, and whose they are."""

    features: tuple[str, ...]
    histograms: Histograms
    base: str
    """Content hash of the control entry of the base."""


def read_reference(unit: UnitOfWork, key: ControlKey) -> Reference | None:
    """The base's reference as the recorder stored it; None before a base is on the control log.

    The base itself is not built: that would bring torch, and 700 MB, into this process. Raises
    ControlRefused where the entry does not verify.
    """
    stored = unit.control.latest(BASE, BASE)
    if stored is None:
        return None
    entry = unseal(stored.value, f"{BASE}/{BASE}".encode(), key)
    tensors, header = unpack(entry.parts[BASE], kind=BASE)
    return Reference(tuple(header["features"]), Histograms.from_tensors(tensors), stored.content_hash)
