"""The reference of drift: deciles of the data that the base in force was trained on."""

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
"""Kind and id of the control entry, name of the part in it, and kind of the artifact in that part."""


@dataclass(frozen=True)
class Reference:
    """Histograms of the training data of one base."""

    features: tuple[str, ...]
    """Names of the d features, in their order."""
    histograms: Histograms
    """Bins of each feature, and the shares of the training data in them."""
    base: str
    """Content hash of the control entry of the base."""


def read_reference(unit: UnitOfWork, key: ControlKey) -> Reference | None:
    """Read the reference of the base in force from the control entry that the recorder stored.

    The base itself is not built: that would load torch and take 700 MB in this process.

    Args:
        unit: reads the control entries.
        key: verifies the entry.

    Returns:
        The reference, or None while no base is stored.

    Raises:
        ControlRefused: the entry does not verify.
    """
    stored = unit.control.latest(BASE, BASE)
    if stored is None:
        return None
    entry = unseal(stored.value, f"{BASE}/{BASE}".encode(), key)
    tensors, header = unpack(entry.parts[BASE], kind=BASE)
    return Reference(tuple(header["features"]), Histograms.from_tensors(tensors), stored.content_hash)
