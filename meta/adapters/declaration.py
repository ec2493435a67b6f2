"""How a module of this folder declares the adapters that it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from meta.adapters.protocol import Adapter
from meta.artifacts import Artifacts

ADAPTERS = ()

AWARE, LEARNERS = "aware", "learners"
"""Trained artifacts that not every training run makes: see `Declaration.needs`."""


@dataclass(frozen=True)
class Declaration:
    """One adapter, as its module lists it in `ADAPTERS`.

    Attributes:
        name: What `adaptation.adapter` in `flagfive.toml` and `--adapter` call it.
        make: Makes the adapter around trained artifacts. Raises NoArtifacts where one that it needs is
            missing.
        needs: Which artifacts it needs beside base and blind evidence network: `AWARE` for the evidence
            network that reads the base's surprise, `LEARNERS` for the gradient and metric learners.

    Example:
        ADAPTERS = (Declaration("ridge", lambda artifacts: Ridge(artifacts.base.normaliser)),)
    """

    name: str
    make: Callable[[Artifacts], Adapter]
    needs: frozenset[str] = frozenset()
