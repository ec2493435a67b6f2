"""A base without labels: how rare a transaction's features are, by themselves and together.

- Rarity: a histogram for each token, `-log` of its share, summed. An amount that few payments have counts.
- Surprise of the combination: tokens less what they share (whitened), absolute values summed. An ordinary
  amount that this card never spends counts.

Both have equal weight. Sources: histograms of Goldstein and Dengel 2012 (HBOS); the whitening that stays
nearest to the tokens (ZCA) of Kessy, Lewin and Strimmer 2018, The American Statistician 72(4); the covariance
without the farthest rows, as one step of Rousseeuw and Van Driessen 1999, Technometrics 41(3).
"""

from __future__ import annotations

import numpy as np

from meta import kernels
from meta.arrays import Doubles, Floats
from meta.base import BaseModel, Provenance, data_hash
from meta.base_training import drifting
from meta.columns import FeatureColumns
from meta.curve_network import CurveNetwork, located
from meta.histograms import Histograms
from meta.normaliser import Normaliser

FEWEST_ROWS = 1_000
"""Fewer rows say little about the outermost thousandth, which is where alerts begin."""
_MOST_ROWS = 100_000  # rows that the network is fitted to; it is as good with a fifth of them
_KEPT = 0.9  # share of rows, the nearest, that the covariance is fitted to: frauds are among the others
_SHRINKAGE = 0.3  # share of the mean variance that is added to each; see docs/decisions/0003
_ALERTED = 0.001  # share of the rows whose score is above 0


class TooFewRows(ValueError):
    """Too few transactions to learn what is usual."""


def unsupervised_base(features: tuple[str, ...], X: Floats, period: tuple[float, float]) -> BaseModel:
    """Fit a base to transactions without labels.

    Equal rows give equal bytes. The base has the form of a trained one, so the same kernels score it.

    Args:
        features: Names of the d features, in order.
        X: Raw features float32 (n, d) in order of time; undetected frauds may be among them.
        period: First and last event time, seconds since 1970.

    Returns:
        The base. A row in a thousand scores above 0; beyond that, each unit is about e times rarer.

    Raises:
        TooFewRows: There are fewer than 1,000 rows.
    """
    if len(X) < FEWEST_ROWS:
        raise TooFewRows(f"{len(X):,} transactions to learn from, {FEWEST_ROWS:,} are needed")
    differences = FeatureColumns(features).differences
    normaliser = Normaliser.fit(X, ignore=drifting(X), differences=differences)
    network = rarity_network(normaliser(X[:: -(-len(X) // _MOST_ROWS)]))
    provenance = Provenance(period, data_hash(X, np.zeros(len(X), bool)), 0, len(X), 0)
    return BaseModel(features, normaliser, network, Histograms.fit(X), provenance)


def rarity_network(tokens: Floats) -> CurveNetwork:
    """Fit the network of a base without labels to normal scores, float32 (n, t).

    The first layer has one unit for rarity, and for each token two whose sum is the absolute value of the
    whitened token. The second adds them up. The head turns the sum into natural logarithms of rarity.
    """
    knots = np.linspace(-kernels.LIMIT, kernels.LIMIT, kernels.KNOTS)
    centre, whiten = _whitening(tokens.astype(np.float64))
    both = np.concatenate([whiten, -whiten], axis=1)
    lines = knots[None, :, None] * both[:, None, :]
    table = np.concatenate([_rarity(tokens)[:, :, None], lines], axis=2).astype(np.float32)
    bias = np.concatenate([[0.0], -centre @ both]).astype(np.float32)
    index, weight = located(tokens)
    units = np.empty((len(tokens), len(bias)), np.float32)
    kernels.curves(index, weight, table, bias, units)
    kernels.relu(units)
    parts = np.stack([units[:, 0], units[:, 1:].sum(1)], axis=1).astype(np.float64)
    scale = 1.0 / np.maximum(parts.std(0), 1e-9)
    middle = np.r_[scale[0], np.full(both.shape[1], scale[1])]
    slope, shift = _head(parts @ scale)
    layers = (middle[:, None], np.zeros(1), np.array([[slope]]), np.array([shift]))
    return CurveNetwork(table, bias, *(layer.astype(np.float32) for layer in layers))


def _rarity(tokens: Floats) -> Doubles:
    """Return `-log` of the share of rows near each knot (t, KNOTS), less that of the commonest."""
    index, right = located(tokens)
    curves = np.empty((tokens.shape[1], kernels.KNOTS))
    for j, (at, share) in enumerate(zip(index.T, right.T, strict=True)):
        near = np.bincount(at, 1 - share, kernels.KNOTS) + np.bincount(at + 1, share, kernels.KNOTS)
        curves[j] = np.log(near.max() + 0.5) - np.log(near + 0.5)
    return curves


def _whitening(tokens: Doubles) -> tuple[Doubles, Doubles]:
    """Return centre (t,) and symmetric matrix (t, t) that whitens, without the farthest rows."""
    centre, whiten = _fitted(tokens)
    distance = np.square((tokens - centre) @ whiten).sum(1)
    return _fitted(tokens[distance <= np.quantile(distance, _KEPT)])


def _fitted(tokens: Doubles) -> tuple[Doubles, Doubles]:
    variance, axes = np.linalg.eigh(np.cov(tokens.T))
    shrunk = np.maximum(variance, 0.0) + max(_SHRINKAGE * float(variance.mean()), 1e-9)
    return tokens.mean(0), np.asarray((axes / np.sqrt(shrunk)) @ axes.T)


def _head(total: Doubles) -> tuple[float, float]:
    """Return slope and shift: 0 at the highest thousandth, 1 a mean excess of the highest hundredth."""
    high = np.quantile(total, 0.99)
    slope = 1.0 / max(float(np.mean(total[total >= high]) - high), 1e-9)
    return slope, -slope * float(np.quantile(total, 1.0 - _ALERTED))
