"""Blend: the mean of several adapters on the scale of surprise; `blend` takes evidence and boosted trees.

The networks read five flags well, the trees know all past fraud well. Their mean is high where they agree,
which keeps known fraud found within the same budget. It takes seconds, not milliseconds, so it refines a
detector that is live already. docs/decisions lists what each part gives.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from meta.adapters.declaration import AWARE, EVIDENCE, Declaration
from meta.adapters.evidence import Evidence
from meta.adapters.protocol import Adapter
from meta.adapters.retrain import Retrain
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats, Tensors
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs, UnfitDetector
from meta.leave_one_out import kept_in_folds
from meta.portfolio.stacking import weigh
from meta.support import Support
from meta.tensors import BrokenArtifact, content_hash

WEIGHTS = "weights"
"""Tensor of a detector: how much each part counts."""


@dataclass(frozen=True)
class Blend(SimpleAdapter):
    """Adapter over other adapters.

    Rows have the base's surprise as last column; parts that are blind to the base get them without it.

    Attributes:
        parts: The adapters whose detectors are averaged.
        name: Name of the adapter that declares these parts.
        weighed: Whether a part counts the more, the better it finds left-out flags; else all count the same.
    """

    parts: tuple[Adapter, ...]
    name: str = "blend"
    weighed: bool = False
    needs_surprise: bool = True

    def on(self, device: str) -> Blend:
        """Return the blend of all parts on `device`."""
        return replace(self, parts=tuple(part.on(device) for part in self.parts))

    @property
    def network(self) -> str:
        """Hash of the parts' hashes; empty where no part needs a trained artifact."""
        hashes = [part.network for part in self.parts]
        return content_hash("/".join(hashes).encode()) if any(hashes) else ""

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the parts' detectors, each with its tails on the background (100 rows or more)."""
        return self.adapt_parts(support, np.ones((1, len(support)), bool), background, seed=seed)[0]

    def adapt_parts(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, *, seed: int
    ) -> list[Detector]:
        """Adapt to all parts of the support; each adapter of the blend does so in one call.

        Where the blend is weighed, all parts share the weights that leaving out each flag gives.
        """
        k = len(support)
        kept = kept_in_folds(k) if self.weighed else np.zeros((0, k), bool)
        distinct, place = np.unique(np.concatenate([parts, kept]), axis=0, return_inverse=True)
        tensors: list[Tensors] = [{} for _ in distinct]
        left_out = np.full((len(self.parts), k), np.nan)
        for i, part in enumerate(self.parts):
            flags = Support(_for(part, support.fraud), _for(part, support.genuine))
            usual = _for(part, background)
            made = part.adapt_parts(flags, distinct, usual, seed=seed)
            fitted = [Tails.fit(column) for column in part.scorer(made)(part.encode(usual)).T]
            for own, detector, tails in zip(tensors, made, fitted, strict=True):
                own |= {f"{i}/{name}": tensor for name, tensor in detector.tensors.items()}
                own |= tails.tensors(_tails(i))
            for stay, at in zip(kept, place[len(parts) :], strict=True):
                left_out[i, ~stay] = fitted[at].surprise(part.score(made[at], flags.fraud[~stay]))
        shared: Tensors = {WEIGHTS: weigh(left_out, (1.0,) * len(self.parts))} if self.weighed else {}
        return [Detector(self.name, tensors[at] | shared, self.network) for at in place[: len(parts)]]

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return the mean surprise in natural logarithms, float64 (n,).

        Where fraud is rare, that is log-odds.
        """
        weights = detector.tensors[WEIGHTS] * len(self.parts) if self.weighed else np.ones(len(self.parts))
        total = np.zeros(len(X))
        for i, (part, weight) in enumerate(zip(self.parts, weights, strict=True)):
            tails = Tails.from_tensors(detector.tensors, _tails(i))
            total += weight * tails.surprise(part.score(self._of_part(i, detector), _for(part, X)))
        return np.asarray(total * (np.log(10) / len(self.parts)))

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of all parts' tensors, of their tails, and of the weights where there are any."""
        specs: dict[str, TensorSpec] = {}
        if self.weighed:
            specs[WEIGHTS] = TensorSpec((len(self.parts),), "float64")
        for i, part in enumerate(self.parts):
            specs |= {f"{i}/{k}": spec for k, spec in part.tensor_specs().items()} | _tails_specs(i)
        return specs

    def check(self, detector: Detector) -> None:
        """Check all tensors, each part's detector, and each part's tails."""
        super().check(detector)
        for i, part in enumerate(self.parts):
            part.check(self._of_part(i, detector))
            try:
                Tails.from_tensors(detector.tensors, _tails(i))
            except BrokenArtifact as error:
                raise UnfitDetector(str(error)) from error

    def _of_part(self, i: int, detector: Detector) -> Detector:
        own = {k.removeprefix(f"{i}/"): v for k, v in detector.tensors.items() if k.startswith(f"{i}/")}
        return Detector(self.parts[i].name, own)


def _for(part: Adapter, X: Floats) -> Floats:
    blind = X.shape[1] > 0 and not part.needs_surprise  # an empty set of hard negatives has no columns
    return np.ascontiguousarray(X[:, :-1]) if blind else X


def _tails(i: int) -> str:
    return f"{i}.tails."


def _tails_specs(i: int) -> dict[str, TensorSpec]:
    shapes: dict[str, int | None] = {"knots": None, "levels": None, "rate": 1}
    return {_tails(i) + name: TensorSpec((length,), "float64") for name, length in shapes.items()}


def _blend(artifacts: Artifacts) -> Blend:
    """Return the blend of all parts that the artifacts allow."""
    networks = [artifacts.require_evidence(), artifacts.evidence_aware]
    trees = Retrain(artifacts.base.normaliser, artifacts.past)
    return Blend((*(Evidence(n) for n in networks if n is not None), trees))


ADAPTERS = (Declaration("blend", _blend, frozenset({EVIDENCE, AWARE})),)
