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
from meta.portfolio.nearness import usual_distance

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


class GenuineRows:
    """Genuine rows, with all that closed forms need of them computed once.

    Args:
        values: Functions of the rows, float32 (n, t, f); the last token is the base's surprise.
    """

    def __init__(self, values: Floats) -> None:
        self._values = values
        self._solvers: dict[Form, _Solver] = {}

    @property
    def tokens(self) -> int:
        """Number of tokens, t."""
        return int(self._values.shape[1])

    @cached_property
    def flat(self) -> Floats:
        """Functions of each row and a 1 for the intercept, (n, t f + 1)."""
        return _with_ones(self._values)

    @cached_property
    def gram(self) -> Doubles:
        """Mean outer product of `flat`, float64 (t f + 1, t f + 1)."""
        product: Floats = self.flat.T @ self.flat  # single precision: twice as fast, and the penalty hides it
        return product.astype(np.float64) / len(self.flat)

    @cached_property
    def distance(self) -> Doubles:
        """Mean distance from each knot, float64 (t, KNOTS)."""
        return usual_distance(self._values[:, :, 0])

    @cached_property
    def drift(self) -> Doubles:
        """Mean normal score of each token, float64 (t,): 0 in the training data.

        The base's surprise, the last token, has no such reference, so its drift counts as 0.
        """
        means: Doubles = self._values[:, :, 0].mean(axis=0, dtype=np.float64)
        means[-1] = 0.0
        return means

    def places(self, form: Form) -> NDArray[np.intp]:
        """Return the places of a form's weights and of the intercept in a row of `flat`."""
        every = np.arange(self.tokens * len(FUNCTIONS)).reshape(self.tokens, -1)
        return np.asarray(np.append(every[:, list(form.functions)].ravel(), every.size), np.intp)

    def penalties(self, form: Form) -> Doubles:
        """Return the penalty of each weight, float64 (w,): larger where a token has drifted."""
        of_token = form.penalty * (1.0 + _CAUTION * self.drift**2)
        return np.asarray(np.repeat(of_token, len(form.functions)))

    def solver(self, form: Form) -> _Solver:
        """Return the solver of a form; its matrix is factorised at the first call."""
        if form not in self._solvers:
            self._solvers[form] = _Solver(self, form)
        return self._solvers[form]


class _Solver:
    """Solves with the penalised matrix of the genuine rows."""

    def __init__(self, genuine: GenuineRows, form: Form) -> None:
        self.places = genuine.places(form)
        penalties = np.append(genuine.penalties(form), _INTERCEPT)
        matrix = 0.5 * genuine.gram[np.ix_(self.places, self.places)] + np.diag(penalties)
        self._factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        # The label -1 less the anchor, times the functions: both are columns of the matrix of outer products.
        surprise = (genuine.tokens - 1) * len(FUNCTIONS)
        wanted = -genuine.gram[self.places, -1] - form.anchor * genuine.gram[self.places, surprise]
        self.rest = self(0.5 * wanted)
        """The solution without any flag, (w,)."""

    def __call__(self, right: Doubles) -> Doubles:
        """Return the solutions for right-hand sides (w,) or (w, k)."""
        return np.asarray(cho_solve(self._factor, right, check_finite=False))


def fit(fraud: Floats, genuine: GenuineRows, parts: NDArray[np.bool_], form: Form) -> tuple[Doubles, Doubles]:
    """Fit a form to each part of the flags.

    Args:
        fraud: Functions of the flags, float32 (k, t, f).
        genuine: The genuine rows.
        parts: Which flags are in each part, bool (p, k).
        form: The closed form.

    Returns:
        Weights of all functions float64 (p, t, f), 0 for those that the form leaves out, and intercepts
        float64 (p,).
    """
    solver = genuine.solver(form)
    flagged = _with_ones(fraud)[:, solver.places]
    wanted = 1.0 - form.anchor * fraud[:, -1, 0].astype(np.float64)
    of_flags = solver(flagged.T.astype(np.float64))
    solved = np.array([_part(flagged[part], of_flags[:, part], wanted[part], solver.rest) for part in parts])
    flat = np.zeros((len(parts), fraud.shape[1] * len(FUNCTIONS)))
    flat[:, solver.places[:-1]] = solved[:, :-1]
    weights = flat.reshape(len(parts), *fraud.shape[1:])
    weights[:, -1, 0] += form.anchor
    return weights, solved[:, -1]


def _with_ones(values: Floats) -> Floats:
    return np.concatenate([values.reshape(len(values), -1), np.ones((len(values), 1), np.float32)], axis=1)


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
