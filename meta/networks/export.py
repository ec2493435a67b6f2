"""Torch modules to the arrays that the kernels read, and back."""

from __future__ import annotations

import numpy as np
import torch

from meta.arrays import Floats
from meta.curve_network import CurveNetwork
from meta.kernels import KNOTS
from meta.networks.curves import CurveNet


def array(tensor: torch.Tensor) -> Floats:
    """Return a float32 copy, contiguous, on the host."""
    return np.ascontiguousarray(tensor.detach().cpu().numpy().astype(np.float32))


def curve_network(net: CurveNet) -> CurveNetwork:
    """Return the arrays of a trained network; dense weights turn from (out, in) to (in, out)."""
    table = array(net.curves.table).reshape(net.curves.tokens, KNOTS, -1)
    return CurveNetwork(
        table=table,
        table_bias=array(net.curves.bias),
        middle=array(net.middle.weight.T),
        middle_bias=array(net.middle.bias),
        head=array(net.head.weight.T),
        head_bias=array(net.head.bias),
    )


def curve_net(network: CurveNetwork) -> CurveNet:
    """Return a torch module with the weights of `network`, to be tuned further."""
    features, _, width = network.table.shape
    net = CurveNet(features, (width, network.middle.shape[1]))
    with torch.no_grad():
        net.curves.table.copy_(torch.from_numpy(network.table.reshape(-1, width)))
        net.curves.bias.copy_(torch.from_numpy(network.table_bias))
        net.middle.weight.copy_(torch.from_numpy(network.middle.T.copy()))
        net.middle.bias.copy_(torch.from_numpy(network.middle_bias))
        net.head.weight.copy_(torch.from_numpy(network.head.T.copy()))
        net.head.bias.copy_(torch.from_numpy(network.head_bias))
    return net
