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
from meta.portfolio.closed_form import Design, Form, fit

FORMS = (
    Form("lines", basis.LINE, 1.0),
    Form("hats", basis.LINE + basis.HATS, 0.1),
    Form("anchored", basis.LINE + basis.BEND, 0.3, anchor=0.3),
)


def drawn(seed: int, flags: int, *, shift: float = 0.0) -> Design:
    """Return a design of three tokens: flags are higher in the first, genuine rows drift in the second."""
    rng = np.random.default_rng(seed)
    fraud, genuine = rng.standard_normal((flags, 3)), rng.standard_normal((60, 3))
    fraud[:, 0] += 2.0
    genuine[:, 1] += shift
    return Design(*(basis.values(*located(rows.astype(np.float32))) for rows in (fraud, genuine)))


def plainly(design: Design, part: NDArray[np.bool_], form: Form) -> NDArray[np.float64]:
    """Solve for the weights of one part by stacking weighted rows: weights of the form, then intercept."""
    places = design.places(form)

    def rows(values: Floats) -> NDArray[np.float64]:
        flat = values.reshape(len(values), -1).astype(np.float64)
        return np.column_stack([flat, np.ones(len(flat))])[:, places]

    fraud, genuine = rows(design.fraud[part]), rows(design.genuine)
    share = np.r_[np.full(len(fraud), 0.5 / len(fraud)), np.full(len(genuine), 0.5 / len(genuine))]
    start = form.anchor * np.r_[design.fraud[part][:, -1, 0], design.genuine[:, -1, 0]]
    wanted = np.r_[np.ones(len(fraud)), -np.ones(len(genuine))] - start
    every = np.concatenate([fraud, genuine]) * np.sqrt(share)[:, None]
    penalties = np.append(form.penalty * design.caution(form), 1e-9)
    tall = np.concatenate([every, np.diag(np.sqrt(penalties))])
    solved: NDArray[np.float64] = np.linalg.lstsq(
        tall, np.append(wanted * np.sqrt(share), np.zeros(len(penalties)))
    )[0]
    return solved


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1_000), st.integers(1, 9), st.sampled_from(FORMS))
def test_every_part_gets_the_least_squares_solution(seed: int, flags: int, form: Form) -> None:
    design = drawn(seed, flags)
    parts = np.ones((2, flags), bool)
    parts[1, 1:] = np.random.default_rng(seed).random(flags - 1) < 0.5
    weights, intercepts = fit(design, parts, form)
    weights[:, -1, 0] -= form.anchor
    for part, found, intercept in zip(parts, weights, intercepts, strict=True):
        expected = plainly(design, part, form)
        ours = np.append(found.ravel()[design.places(form)[:-1]], intercept)
        np.testing.assert_allclose(ours, expected, atol=2e-4)


def test_functions_that_a_form_leaves_out_have_no_weight() -> None:
    weights, _ = fit(drawn(1, 5), np.ones((1, 5), bool), FORMS[0])
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


def test_a_token_that_has_drifted_gets_less_weight() -> None:
    """Genuine rows have moved up in the second token, so flags, which have not, look low in it."""
    steady, drifted = drawn(5, 8), drawn(5, 8, shift=2.0)
    blind = Design(drifted.fraud, drifted.genuine)
    blind.__dict__["drift"] = np.zeros(3)  # the same rows without caution
    weight = {name: fit(one, np.ones((1, 8), bool), FORMS[0])[0][0, 1, 0] for name, one in
              (("cautious", drifted), ("blind", blind), ("steady", steady))}  # fmt: skip
    assert abs(weight["cautious"]) < 0.5 * abs(weight["blind"])
    assert steady.drift == pytest.approx(np.zeros(3), abs=0.4)
