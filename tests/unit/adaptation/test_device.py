"""The adapters' networks compute where they are put, and their detectors come back to main memory."""

import pytest
import torch

from adaptation.proposing.device import OnDevice, put_on
from meta.adapters.blend import Blend
from meta.adapters.evidence import Evidence
from tests.small_models import small_detector, small_network


def test_a_network_on_another_device_gives_detectors_in_main_memory() -> None:
    network = small_network()
    expected = small_detector(network).to_bytes()
    network.__dict__["net"] = OnDevice(network.net, "cpu")
    assert small_detector(network).to_bytes() == expected


def test_every_network_of_a_blend_is_put_there() -> None:
    one, two = small_network(1), small_network(2)
    put_on(Blend((Evidence(one), Evidence(two))), "meta")  # torch's device that only knows shapes
    assert isinstance(one.net, OnDevice)
    assert isinstance(two.net, OnDevice)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_nearly_the_processors_detector() -> None:
    network, moved = small_network(), small_network()
    put_on(Evidence(moved), "cuda")
    table = torch.from_numpy(small_detector(network).tensors["table"])
    assert torch.allclose(torch.from_numpy(small_detector(moved).tensors["table"]), table, atol=1e-3)
