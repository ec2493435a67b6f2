"""The closed forms equal a plain solution of the same least squares, for the whole episode and each part."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from meta.arrays import Floats
from meta.curve_network import located
from meta.portfolio import basis
from meta.portfolio.closed_form import Form, GenuineRows, fit

FORMS = (
    Form("lines", basis.LINE, 1.0),
    Form("hats", basis.LINE + basis.HATS, 0.1),
    Form("anchored", basis.LINE + basis.BEND, 0.3, anchor=0.3),
)


Drawn = tuple[Floats, Floats]
"""Functions of flags and of genuine rows, each float32 (n, t, f)."""


def drawn(seed: int, flags: int, *, shift: float = 0.0) -> Drawn:
    """Return rows of three tokens: flags are higher in the first, genuine rows drift in the second."""
    rng = np.random.default_rng(seed)
    fraud, genuine = rng.standard_normal((flags, 3)), rng.standard_normal((60, 3))
    fraud[:, 0] += 2.0
    genuine[:, 1] += shift
    of_flags, of_genuine = (basis.values(*located(rows.astype(np.float32))) for rows in (fraud, genuine))
    return of_flags, of_genuine


def plainly(drawn: Drawn, part: NDArray[np.bool_], form: Form) -> NDArray[np.float64]:
    """Solve for the weights of one part by stacking weighted rows: weights of the form, then intercept."""
    prepared = GenuineRows(drawn[1])
    places = prepared.places(form)

    def rows(values: Floats) -> NDArray[np.float64]:
        flat = values.reshape(len(values), -1).astype(np.float64)
        return np.column_stack([flat, np.ones(len(flat))])[:, places]

    fraud, genuine = rows(drawn[0][part]), rows(drawn[1])
    share = np.r_[np.full(len(fraud), 0.5 / len(fraud)), np.full(len(genuine), 0.5 / len(genuine))]
    start = form.anchor * np.r_[drawn[0][part][:, -1, 0], drawn[1][:, -1, 0]]
    wanted = np.r_[np.ones(len(fraud)), -np.ones(len(genuine))] - start
    every = np.concatenate([fraud, genuine]) * np.sqrt(share)[:, None]
    penalties = np.append(prepared.penalties(form), 1e-9)
    tall = np.concatenate([every, np.diag(np.sqrt(penalties))])
    solved: NDArray[np.float64] = np.linalg.lstsq(
        tall, np.append(wanted * np.sqrt(share), np.zeros(len(penalties)))
    )[0]
    return solved


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1_000), st.integers(1, 9), st.sampled_from(FORMS))
def test_every_part_gets_the_least_squares_solution(seed: int, flags: int, form: Form) -> None:
    fraud, genuine = drawn(seed, flags)
    prepared = GenuineRows(genuine)
    parts = np.ones((2, flags), bool)
    parts[1, 1:] = np.random.default_rng(seed).random(flags - 1) < 0.5
    weights, intercepts = fit(fraud, prepared, parts, form)
    weights[:, -1, 0] -= form.anchor
    for part, found, intercept in zip(parts, weights, intercepts, strict=True):
        expected = plainly((fraud, genuine), part, form)
        ours = np.append(found.ravel()[prepared.places(form)[:-1]], intercept)
        np.testing.assert_allclose(ours, expected, atol=2e-4)


def test_functions_that_a_form_leaves_out_have_no_weight() -> None:
    fraud, genuine = drawn(1, 5)
    weights, _ = fit(fraud, GenuineRows(genuine), np.ones((1, 5), bool), FORMS[0])
    assert np.count_nonzero(weights[0, :, 0]) == 3
    assert not weights[0, :, 1:].any()


def test_a_curve_is_the_weighted_sum_of_its_functions() -> None:
    rng = np.random.default_rng(3)
    weights, rows = rng.standard_normal((2, len(basis.FUNCTIONS))), rng.uniform(-5, 5, (50, 2))
    index, share = located(rows.astype(np.float32))
    direct = np.sum(basis.values(index, share) * weights, axis=2)
    table = basis.curves(weights)
    token = np.arange(2)
    looked_up = (1 - share) * table[token, index] + share * table[token, index + 1]
    np.testing.assert_allclose(looked_up, direct, atol=1e-4)


def test_a_token_that_has_drifted_is_penalised() -> None:
    """Genuine rows have moved up in the second token; the surprise, the last one, has no reference."""
    steady, drifted = (GenuineRows(drawn(5, 8, shift=shift)[1]) for shift in (0.0, 2.0))
    first, second, last = drifted.penalties(FORMS[0]) / steady.penalties(FORMS[0])
    assert first == pytest.approx(1.0)
    assert second > 20.0
    assert last == 1.0
