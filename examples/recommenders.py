"""Recommenders without meta-learning: each is fitted to known users and ranks items for a new user.

A recommender takes the likes of new users, float32 (n, items), and returns scores (n, items).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from examples.likes import Likes

Matrix = npt.NDArray[np.float32]
Recommender = Callable[[Matrix], Matrix]


def popularity(known: Likes) -> Recommender:
    """Rank by the number of known users who like an item."""
    count = known.sum(0).astype(np.float32)
    return lambda shown: np.broadcast_to(count, shown.shape)


def item_knn(known: Likes, neighbours: int, shrink: float = 10.0) -> Recommender:
    """Rank by cosine similarity to the items shown; each item keeps only its nearest neighbours."""
    x = known.astype(np.float32)
    together = x.T @ x
    length = np.sqrt(np.diag(together))
    cosine = together / (np.outer(length, length) + shrink)
    np.fill_diagonal(cosine, 0)
    least = np.partition(cosine, -neighbours, axis=0)[-neighbours]
    similar = np.where(cosine >= least, cosine, 0)
    return lambda shown: shown @ similar


def ease(known: Likes, ridge: float) -> Recommender:
    """Rank by a ridge regression of each item on all others. Source: Steck 2019, arXiv:1905.03375."""
    x = known.astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + ridge * np.eye(x.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return lambda shown: (shown @ weights).astype(np.float32)


def factorisation(
    known: Likes, factors: int, ridge: float, *, confidence: float = 10.0, rounds: int = 10
) -> Recommender:
    """Rank by implicit matrix factorisation; a new user's factors are solved with items fixed (fold-in).

    Source: Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22.
    """
    x = known.astype(np.float64)
    items = 0.1 * np.random.default_rng(0).normal(size=(x.shape[1], factors))
    for _ in range(rounds):
        items = _solve(x.T, _solve(x, items, ridge, confidence), ridge, confidence)
    return lambda shown: (_solve(shown.astype(np.float64), items, ridge, confidence) @ items.T).astype(
        np.float32
    )


def _solve(
    x: npt.NDArray[np.float64], fixed: npt.NDArray[np.float64], ridge: float, confidence: float
) -> npt.NDArray[np.float64]:
    common = fixed.T @ fixed + ridge * np.eye(fixed.shape[1])
    made = np.empty((len(x), fixed.shape[1]))
    for row, liked in enumerate(x > 0):
        chosen = fixed[liked]
        made[row] = np.linalg.solve(common + confidence * chosen.T @ chosen, (1 + confidence) * chosen.sum(0))
    return made


def candidates(known: Likes) -> dict[str, list[Recommender]]:
    """Return each recommender, fitted with every candidate setting for the choice on validation users."""
    return {
        "popularity": [popularity(known)],
        "item-kNN": [item_knn(known, n) for n in (20, 100, known.shape[1])],
        "matrix factorisation": [factorisation(known, f, r) for f in (8, 16, 32) for r in (1.0, 10.0)],
        "EASE": [ease(known, r) for r in (10.0, 100.0, 1_000.0)],
    }
