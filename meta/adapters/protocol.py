"""What every adapter promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs
from meta.support import Support

ADAPTERS = ()

Encoded = tuple[NDArray[Any], ...]
"""What an adapter computes of n rows before it knows the detector: arrays with n rows each."""

Scorer = Callable[[Encoded], NDArray[np.float64]]
"""Scores encoded rows with e detectors at once: log-odds float64 (n, e)."""


class Adapter(Protocol):
    """Turns an episode into a detector, and scores with it.

    Implementations inherit from `meta.adapters.simple.SimpleAdapter`, which has defaults for all but
    `name`, `adapt`, `score` and `tensor_specs`. `tests/contract/adapters` holds each adapter to the
    contract: equal seeds give equal bytes, inputs stay untouched, a row's score does not depend on its
    batch, a detector survives its own bytes, and a detector with wrong tensors is refused.
    """

    @property
    def name(self) -> str:
        """Name in the registry, kept in each detector."""
        ...

    @property
    def needs_surprise(self) -> bool:
        """Whether support, background and rows to score have the base's surprise as last column."""
        ...

    @property
    def network(self) -> str:
        """Content hash of the trained artifact that detectors belong to; empty where they need none.

        A detector carries the same hash, and scores only beside an adapter of equal `network`.
        """
        ...

    @property
    def encoding(self) -> str:
        """Key of what `encode` computes; empty where it returns the rows as they are.

        Adapters of equal, non-empty keys encode rows equally. Detectors of such adapters score in one
        pass, and a reservoir encodes its rows once for all of them.
        """
        ...

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Adapt to an episode.

        Args:
            support: Flagged rows and hard negatives, raw features.
            background: Recent genuine rows float32 (m, d), m >= 2, raw features.
            seed: Seed of all that is drawn; equal seeds give equal bytes.

        Returns:
            The detector.
        """
        ...

    def adapt_parts(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, *, seed: int
    ) -> list[Detector]:
        """Adapt to several parts of one support, with the same background and hard negatives.

        Args:
            support: Flagged rows and hard negatives, raw features.
            parts: Which flags belong to each part, bool (p, k); each part has at least one flag.
            background: Recent genuine rows float32 (m, d), m >= 2, raw features.
            seed: Seed of all that is drawn.

        Returns:
            A detector for each part, p in all.
        """
        ...

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,) of raw features float32 (n, d)."""
        ...

    def encode(self, X: Floats) -> Encoded:
        """Return what scoring reads of raw features float32 (n, d), for all detectors."""
        ...

    def scorer(self, detectors: Sequence[Detector]) -> Scorer:
        """Return a function that scores encoded rows with all of `detectors`, one column each."""
        ...

    def tensor_specs(self) -> TensorSpecs:
        """Return names, shapes and dtypes of the tensors that a detector holds."""
        ...

    def check(self, detector: Detector) -> None:
        """Check that `score` can read a detector that came from elsewhere.

        Raises:
            UnfitDetector: The detector's tensors are not the ones that this adapter reads.
        """
        ...

    def on(self, device: str) -> Adapter:
        """Return this adapter with its network on `device` (a name of torch's, such as `cuda`).

        Detectors come back to main memory, and scoring stays on the processor. An adapter that uses no
        accelerator returns itself.
        """
        ...
