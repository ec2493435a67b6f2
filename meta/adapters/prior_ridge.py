"""Prior ridge: least squares on lines, folds and distances, regularised by a trained prior.

One small network reads how the flags differ from the background on each token and writes penalties, token
weights and expected weights; a closed form does the rest (`meta.prior`). The network knows no token by name,
so it works on any schema without training.
Source: Bertinetto et al. 2019, arXiv:1805.08136, with a regularisation that depends on the episode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from meta import kernels
from meta.adapters.declaration import Declaration
from meta.adapters.protocol import Encoded, Scorer
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.artifacts import Artifacts
from meta.detector import Detector
from meta.detector_tensors import TensorSpec, TensorSpecs
from meta.normaliser import Normaliser
from meta.prior.closed_form import Rows, Solution, solve
from meta.prior.kernel import ANCHORS, add_distances
from meta.prior.prior_model import PriorModel, shipped_prior
from meta.prior.token_statistics import Background, Located
from meta.support import Support

BACKGROUND = 1024  # genuine rows read; the time to adapt grows with them
_MOST_FLAGS = 20  # flags among the anchors; the rest are background rows
_SLOPE = 4.0  # of the targets +-1: the logistic curve's log-odds per unit of probability, at 0
_CHUNK = 2048  # rows scored at a time: 50 detectors then need 13 MB


@dataclass(frozen=True)
class PriorRidge(SimpleAdapter):
    """Adapter around the closed form and its trained prior.

    Attributes:
        normaliser: Map from raw features to normal scores.
        base: Content hash of the base whose normaliser it is.
        prior: The trained prior.
    """

    normaliser: Normaliser
    base: str
    prior: PriorModel
    name: str = "prior-ridge"

    @property
    def encoding(self) -> str:
        """Key of the base's normal scores."""
        return f"normal-scores:{self.base}"

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return the closed form's solution; the seed draws the background rows that it reads."""
        return self.adapt_parts(support, np.ones((1, len(support)), bool), background, seed=seed)[0]

    def adapt_parts(
        self, support: Support, parts: NDArray[np.bool_], background: Floats, *, seed: int
    ) -> list[Detector]:
        """Adapt to all parts; normal scores and the background's statistics are computed once."""
        if len(background) > BACKGROUND:
            rows = np.random.default_rng(seed).choice(len(background), BACKGROUND, replace=False)
            background = background[rows]
        genuine = self.normaliser(support.with_negatives(background))
        located = Located.of(self.normaliser(support.fraud), Background.of(genuine))
        usual = Rows.of(genuine.astype(np.float64))
        return [self._detector(self._solution(located.part(part), usual)) for part in parts]

    def _solution(self, located: Located, usual: Rows) -> Solution:
        anchors = located.flags[:_MOST_FLAGS]
        anchors = np.concatenate([anchors, usual.Z[: ANCHORS - len(anchors)]])
        return solve(located.flags, usual, anchors, self.prior.prior(located))

    def _detector(self, solution: Solution) -> Detector:
        spare = ANCHORS - len(solution.anchors)  # of a small background; their distances have no weight
        tensors = {
            "line": _SLOPE * solution.line,
            "fold": _SLOPE * solution.fold,
            "metric": solution.metric,
            "anchors": np.pad(solution.anchors, ((0, spare), (0, 0))),
            "distance": _SLOPE * np.pad(solution.distance, (0, spare)),
            "bias": np.array([_SLOPE * solution.intercept]),
        }
        return Detector(self.name, {name: value.astype(np.float32) for name, value in tensors.items()})

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return self.scorer([detector])(self.encode(X))[:, 0]

    def encode(self, X: Floats) -> Encoded:
        """Return normal scores float32 (n, tokens)."""
        return (self.normaliser(X),)

    def scorer(self, detectors: Sequence[Detector]) -> Scorer:
        """Return a function that scores with all detectors in three passes of the kernels."""
        stacked = _Stacked.of(detectors)

        def scores(encoded: Encoded) -> NDArray[np.float64]:
            (Z,) = encoded
            out = np.empty((len(Z), len(detectors)), np.float32)
            for first in range(0, len(Z), _CHUNK):
                stacked.score(Z[first : first + _CHUNK], out[first : first + _CHUNK])
            return out.astype(np.float64)

        return scores

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of weights for each token, and of the anchors."""
        t = self.normaliser.tokens
        shapes = {"line": (t,), "fold": (t,), "metric": (t,), "anchors": (ANCHORS, t), "distance": (ANCHORS,)}
        return {name: TensorSpec(shape) for name, shape in shapes.items()} | {"bias": TensorSpec((1,))}


@dataclass(frozen=True)
class _Stacked:
    """Tensors of e detectors as the kernels read them.

    Attributes:
        plain: Weights (3 t, 2 e) of z, |z| and z squared, for scores without distances and for norms.
        plain_bias: Their bias (2 e,).
        cross: Weights (t, e * ANCHORS) of z, for squared distances less the row's squared norm.
        cross_bias: Squared norms of the anchors (e * ANCHORS,).
        distance: Weights of the distances (e, ANCHORS).
    """

    plain: Floats
    plain_bias: Floats
    cross: Floats
    cross_bias: Floats
    distance: Floats

    @classmethod
    def of(cls, detectors: Sequence[Detector]) -> _Stacked:
        line, fold, metric, anchors, distance, bias = (
            np.stack([d.tensors[name] for d in detectors])
            for name in ("line", "fold", "metric", "anchors", "distance", "bias")
        )
        zero = np.zeros_like(line)
        scores = np.concatenate([line, fold, zero], axis=1)
        norms = np.concatenate([zero, zero, metric * metric], axis=1)
        cross = (-2 * anchors * metric[:, None, :]).reshape(-1, line.shape[1])
        return cls(
            np.ascontiguousarray(np.concatenate([scores, norms]).T),
            np.concatenate([bias[:, 0], zero[:, 0]]),
            np.ascontiguousarray(cross.T),
            np.square(anchors).sum(2, dtype=np.float32).ravel(),
            distance,
        )

    def score(self, Z: Floats, out: Floats) -> None:
        """Write the log-odds of normal scores (n, t) to `out` (n, e)."""
        plain = np.empty((len(Z), len(self.plain_bias)), np.float32)
        kernels.dense(np.concatenate([Z, np.abs(Z), Z * Z], axis=1), self.plain, self.plain_bias, plain)
        cross = np.empty((len(Z), len(self.cross_bias)), np.float32)
        kernels.dense(Z, self.cross, self.cross_bias, cross)
        add_distances(plain, cross, self.distance, out)


def _of(artifacts: Artifacts) -> PriorRidge:
    base = artifacts.base
    return PriorRidge(base.normaliser, base.content_hash, shipped_prior())


ADAPTERS = (Declaration("prior-ridge", _of),)
