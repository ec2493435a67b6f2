"""Finds adapters by name. A new file in this folder is found by itself: it declares `ADAPTERS`."""

from __future__ import annotations

import importlib
import pkgutil

from meta import adapters
from meta.adapters.declaration import Declaration
from meta.adapters.protocol import Adapter
from meta.artifacts import Artifacts, NoArtifacts
from meta.detector import Detector

DEFAULT = "portfolio"
WITHOUT_NETWORKS = "ridge"
"""Adapter that needs the base alone. It replaces one whose networks are not in force."""


class UnknownAdapter(KeyError):
    """A name that no adapter has."""


class UndeclaredAdapter(TypeError):
    """A module of the folder that does not declare its adapters, or declares one that another has."""


def discover() -> dict[str, Declaration]:
    """Import every module of `meta/adapters/` and collect what it declares.

    Each module but this one has a tuple `ADAPTERS` of `Declaration`; shared code has an empty one. Modules
    import torch, scikit-learn and LightGBM only where they adapt, so that a scorer need not load them.

    Returns:
        Declarations by name, in the order of module names.

    Raises:
        UndeclaredAdapter: A module has no `ADAPTERS`, or a name is declared twice.
    """
    found: dict[str, Declaration] = {}
    for name in sorted(
        f"{adapters.__name__}.{module.name}" for module in pkgutil.iter_modules(adapters.__path__)
    ):
        if name == __name__:
            continue
        module = importlib.import_module(name)
        if not hasattr(module, "ADAPTERS"):
            raise UndeclaredAdapter(f"{name} has no ADAPTERS; shared code has `ADAPTERS = ()`")
        for declaration in module.ADAPTERS:
            if declaration.name in found:
                raise UndeclaredAdapter(f"{name}: adapter {declaration.name!r} is declared twice")
            found[declaration.name] = declaration
    return found


_DECLARED = discover()
NAMES = tuple(_DECLARED)


def adapter(name: str, artifacts: Artifacts) -> Adapter:
    """Make the adapter of that name around trained artifacts.

    Raises:
        UnknownAdapter: No adapter has the name; the message lists those that exist.
        NoArtifacts: The artifacts lack one that the adapter needs.
    """
    return _declared(name).make(artifacts)


def adapter_of(detector: Detector, artifacts: Artifacts) -> Adapter:
    """Make the adapter that scores `detector`.

    Raises:
        UnknownAdapter: The detector names an adapter that this version does not have.
        NoArtifacts: The artifacts are not those that the detector was made with.
    """
    made = adapter(detector.adapter, artifacts)
    # Blends of earlier versions name no artifact: they score beside any, as they always did.
    if made.network != detector.network and (detector.network or detector.adapter != "blend"):
        raise NoArtifacts(
            f"the detector of adapter {made.name!r} was made with artifact {detector.network[:12]!r}, "
            f"found {made.network[:12]!r}"
        )
    return made


def needs(*names: str) -> frozenset[str]:
    """Return which artifacts beside the base the named adapters need.

    Raises:
        UnknownAdapter: No adapter has one of the names.

    >>> sorted(needs("ridge", "blend"))
    ['aware', 'evidence']
    """
    return frozenset().union(*(_declared(name).needs for name in names))


def _declared(name: str) -> Declaration:
    if name not in _DECLARED:
        raise UnknownAdapter(f"adapter {name!r}, allowed {', '.join(NAMES)}")
    return _DECLARED[name]
