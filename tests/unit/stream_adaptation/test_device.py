"""Where the network computes is chosen at the start, and changes no detector's form."""

import pytest
import torch

from meta.adapters.evidence import Evidence
from stream.adaptation.device import NoSuchDevice, OnDevice, chosen_device, put_on
from tests.small_models import small_detector, small_network


def test_auto_takes_what_there_is() -> None:
    assert chosen_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    assert chosen_device("cpu") == "cpu"


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a GPU")
def test_a_gpu_that_is_not_there_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(NoSuchDevice, match="allowed are cpu and auto"):
        chosen_device("cuda")


def test_a_network_on_another_device_gives_detectors_in_main_memory() -> None:
    network = small_network()
    expected = small_detector(network).to_bytes()
    network.__dict__["net"] = OnDevice(network.net, "cpu")
    assert small_detector(network).to_bytes() == expected


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_nearly_the_processors_detector() -> None:
    network, moved = small_network(), small_network()
    put_on(Evidence(moved), "cuda")
    table = torch.from_numpy(small_detector(network).tensors["table"])
    assert torch.allclose(torch.from_numpy(small_detector(moved).tensors["table"]), table, atol=1e-3)
