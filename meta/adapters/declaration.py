"""How a module of this folder declares the adapters that it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from meta.adapters.protocol import Adapter
from meta.artifacts import Artifacts

ADAPTERS = ()

EVIDENCE, AWARE, LEARNERS = "evidence", "aware", "learners"
"""Trained artifacts that a base may come without: see `Declaration.needs`."""


@dataclass(frozen=True)
class Declaration:
    """One adapter, as its module lists it in `ADAPTERS`.

    Attributes:
        name: What `adaptation.adapter` in `flagfive.toml` and `--adapter` call it.
        make: Makes the adapter around trained artifacts. Raises NoArtifacts where one that it needs is
            missing.
        needs: Which artifacts it needs beside the base: `EVIDENCE` for the evidence network that is blind to
            the base, `AWARE` for the one that reads its surprise, `LEARNERS` for the gradient and metric
            learners.

    Example:
        ADAPTERS = (Declaration("ridge", lambda artifacts: Ridge(artifacts.base.normaliser)),)
    """

    name: str
    make: Callable[[Artifacts], Adapter]
    needs: frozenset[str] = frozenset()
