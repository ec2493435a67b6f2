"""Least squares on functions of the tokens, for all parts of an episode at once.

The flags of a part weigh as much as all genuine rows together, and labels are +1 and -1. The matrix of the
genuine rows is factorised once; each part adds its few flags by Woodbury's identity, so that leaving out
each flag in turn costs little more than one fit.

Source: the ridge head of Bertinetto et al. 2019, «Meta-learning with differentiable closed-form solvers»,
arXiv:1805.08136.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from meta.arrays import Doubles, Floats
from meta.portfolio.basis import FUNCTIONS

_CAUTION = 10.0
"""Penalty on a token that has drifted by one deviation, beside 1 for a steady one.

Where volumes differ between seasons, closed forms took the season for the pattern. On Sparkov's earlier
window, whose reservoir is of December, recall rises by 2 to 5 points. 3 and 20 give nearly the same.
"""
_INTERCEPT = 1e-9  # the intercept has no penalty; this keeps the matrix definite


@dataclass(frozen=True)
class Form:
    """One closed form.

    Attributes:
        name: What tables and logs call it.
        functions: Places in `basis.FUNCTIONS` of the functions that it weighs.
        penalty: Penalty per row on the squared weights.
        anchor: Weight of the base's surprise that the fit starts from; 0 forgets the base.
        prior: Weight among the members before any flag is seen.
    """

    name: str
    functions: tuple[int, ...]
    penalty: float
    anchor: float = 0.0
    prior: float = 1.0


@dataclass(frozen=True)
class Design:
    """Functions of the rows that closed forms are fitted to.

    Attributes:
        fraud: Functions of the flags, float32 (k, t, f); the last token is the base's surprise.
        genuine: Functions of genuine rows, float32 (n, t, f).
    """

    fraud: Floats
    genuine: Floats

    @property
    def tokens(self) -> int:
        """Number of tokens, t."""
        return int(self.fraud.shape[1])

    @cached_property
    def gram(self) -> Doubles:
        """Mean outer product of all functions of a genuine row, float64 (t f + 1, t f + 1)."""
        flat = _with_ones(self.genuine.reshape(len(self.genuine), -1))
        product: Floats = flat.T @ flat  # single precision: twice as fast, and the penalty exceeds its error
        return product.astype(np.float64) / len(flat)

    @cached_property
    def drift(self) -> Doubles:
        """Mean normal score of each token over the genuine rows, float64 (t,): 0 in the training data.

        The base's surprise, the last token, has no such reference, so its drift counts as 0.
        """
        means: Doubles = self.genuine[:, :, 0].mean(axis=0, dtype=np.float64)
        means[-1] = 0.0
        return means

    def caution(self, form: Form) -> Doubles:
        """Return the factor of each weight's penalty, float64 (w,): larger where a token has drifted."""
        of_token = 1.0 + _CAUTION * self.drift**2
        return np.asarray(np.repeat(of_token, len(form.functions)))

    def places(self, form: Form) -> NDArray[np.intp]:
        """Return the places of a form's weights and of the intercept in a row of `gram`."""
        every = np.arange(self.tokens * len(FUNCTIONS)).reshape(self.tokens, -1)
        return np.asarray(np.append(every[:, list(form.functions)].ravel(), every.size), np.intp)


def fit(design: Design, parts: NDArray[np.bool_], form: Form) -> tuple[Doubles, Doubles]:
    """Fit a form to each part of the flags.

    Args:
        design: Functions of flags and genuine rows.
        parts: Which flags are in each part, bool (p, k).
        form: The closed form.

    Returns:
        Weights of all functions float64 (p, t, f), 0 for those that the form leaves out, and intercepts
        float64 (p,).
    """
    places = design.places(form)
    fraud, genuine = (_with_ones(rows.reshape(len(rows), -1))[:, places] for rows in _rows(design))
    anchored = [form.anchor * rows[:, -1, 0].astype(np.float64) for rows in _rows(design)]
    solve = _Solver(design.gram[np.ix_(places, places)], form.penalty * design.caution(form))
    wanted = 1.0 - anchored[0]
    rest = solve(0.5 * (genuine.T @ (-1.0 - anchored[1])) / len(genuine))
    of_flags = solve(fraud.T.astype(np.float64))
    solved = np.array([_part(fraud[part], of_flags[:, part], wanted[part], rest) for part in parts])
    flat = np.zeros((len(parts), design.tokens * len(FUNCTIONS)))
    flat[:, places[:-1]] = solved[:, :-1]
    weights = flat.reshape(len(parts), design.tokens, len(FUNCTIONS))
    weights[:, -1, 0] += form.anchor
    return weights, solved[:, -1]


def _rows(design: Design) -> tuple[Floats, Floats]:
    return design.fraud, design.genuine


def _with_ones(rows: Floats) -> Floats:
    return np.concatenate([rows, np.ones((len(rows), 1), np.float32)], axis=1)


class _Solver:
    """Solves for right-hand sides with the penalised matrix of the genuine rows, factorised once."""

    def __init__(self, gram: Doubles, penalties: Doubles) -> None:
        penalties = np.append(penalties, _INTERCEPT)
        self._factor = cho_factor(0.5 * gram + np.diag(penalties), lower=True, check_finite=False)

    def __call__(self, right: Doubles) -> Doubles:
        return np.asarray(cho_solve(self._factor, right, check_finite=False))


def _part(fraud: Floats, of_flags: Doubles, wanted: Doubles, rest: Doubles) -> Doubles:
    """Add the flags of one part by Woodbury's identity.

    Args:
        fraud: Functions of the part's flags, (k, w).
        of_flags: The inverse matrix of the genuine rows times them, (w, k).
        wanted: Targets of the flags, (k,).
        rest: The solution without any flag, (w,).
    """
    share = 0.5 / len(fraud)
    alone = rest + of_flags @ (share * wanted)
    inner = np.eye(len(fraud)) / share + fraud @ of_flags
    return np.asarray(alone - of_flags @ np.linalg.solve(inner, fraud @ alone))
