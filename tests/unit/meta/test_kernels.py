"""The kernels agree with torch, and a row's result never depends on its batch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from meta import kernels
from meta.arrays import Floats
from meta.curve_network import located
from meta.networks.curves import CurveLayer, CurveNet, hat, squash
from meta.networks.export import array, curve_net, curve_network


def some_tokens(rows: int = 33, tokens: int = 9, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).uniform(-6, 6, (rows, tokens)).astype(np.float32).clip(-5, 5)


@pytest.mark.parametrize("tokens", [1, 2, 9], ids=lambda m: f"{m} tokens")
def test_curves_equal_torch(tokens: int) -> None:
    layer, X = CurveLayer(tokens, 5), some_tokens(tokens=tokens)
    table = array(layer.table).reshape(tokens, kernels.KNOTS, 5)
    out = np.empty((len(X), 5), np.float32)
    kernels.curves(*located(X), table, array(layer.bias), out)
    np.testing.assert_allclose(out, layer(torch.from_numpy(X)).detach().numpy(), atol=1e-5)


def test_the_gradient_of_a_curve_is_the_share_of_each_knot() -> None:
    layer, X = CurveLayer(9, 5), torch.from_numpy(some_tokens())
    weight = torch.randn(len(X), 5)
    (layer(X) * weight).sum().backward()
    expected = torch.einsum("nmk,no->mko", hat(X), weight).reshape(-1, 5)
    torch.testing.assert_close(layer.table.grad, expected, atol=1e-4, rtol=1e-4)


def test_tokens_that_need_a_gradient_get_one() -> None:
    layer, X = CurveLayer(9, 5), torch.from_numpy(some_tokens()).requires_grad_()
    layer(X).sum().backward()
    assert X.grad is not None
    assert X.grad.abs().sum() > 0


@pytest.mark.parametrize("inputs", [1, 3, 4, 11], ids=lambda i: f"{i} inputs")
def test_dense_equals_a_matrix_product(inputs: int) -> None:
    rng = np.random.default_rng(1)
    X, W = (rng.standard_normal(s).astype(np.float32) for s in ((20, inputs), (inputs, 6)))
    bias, out = rng.standard_normal(6).astype(np.float32), np.empty((20, 6), np.float32)
    kernels.dense(X, W, bias, out)
    np.testing.assert_allclose(out, X @ W + bias, rtol=1e-4, atol=1e-5)


def test_a_network_scores_in_kernels_as_in_torch_and_survives_the_way_there_and_back() -> None:
    net, X = CurveNet(9, (16, 8)), some_tokens()
    expected = net(torch.from_numpy(X)).detach().numpy()
    network = curve_network(net)
    np.testing.assert_allclose(network.score(X), expected, atol=1e-4)
    again = curve_network(curve_net(network))
    np.testing.assert_array_equal(again.score(X), network.score(X))


@settings(max_examples=25, deadline=None)
@given(cut=st.integers(1, 32), width=st.integers(1, 19))
def test_a_row_gets_the_same_bits_in_any_batch(cut: int, width: int) -> None:
    X = some_tokens()
    rng = np.random.default_rng(width)
    table = rng.standard_normal((9, kernels.KNOTS, width)).astype(np.float32)

    def score(rows: Floats) -> Floats:
        out = np.empty((len(rows), width), np.float32)
        kernels.curves(*located(rows), table, np.zeros(width, np.float32), out)
        return out

    whole = score(X)
    np.testing.assert_array_equal(whole, np.concatenate([score(X[:cut]), score(X[cut:])]))


def test_a_detector_gets_the_same_bits_beside_any_others() -> None:
    X, rng = some_tokens(), np.random.default_rng(4)
    table = rng.standard_normal((9, kernels.KNOTS, 50)).astype(np.float32)
    many, one = np.empty((len(X), 50), np.float32), np.empty((len(X), 1), np.float32)
    kernels.curves(*located(X), table, np.zeros(50, np.float32), many)
    kernels.curves(*located(X), np.ascontiguousarray(table[:, :, 41:42]), np.zeros(1, np.float32), one)
    np.testing.assert_array_equal(many[:, 41], one[:, 0])


def test_squash_equals_torch_and_stays_within_the_limit() -> None:
    X = np.array([[-1e9, -3, 0, 0.5, 1e9]], np.float32)
    expected = squash(torch.from_numpy(X)).numpy()
    kernels.squash(X)
    np.testing.assert_allclose(X, expected, rtol=1e-6)
    assert np.abs(X).max() <= kernels.LIMIT


def test_a_token_shares_one_between_its_two_knots() -> None:
    basis = hat(torch.tensor([-5.0, -4.7, 0.0, 4.999, 5.0]))
    np.testing.assert_allclose(basis.sum(-1).numpy(), 1, atol=1e-5)
    assert int((basis > 0).sum(-1).max()) == 2
