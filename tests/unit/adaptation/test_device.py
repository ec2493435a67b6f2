"""Adapters adapt on their assigned device, and their detectors return to main memory."""

import pytest
import torch

from meta.adapters.blend import Blend
from meta.adapters.evidence import Evidence
from meta.adapters.protocol import Adapter
from meta.adapters.registry import adapter
from meta.arrays import Tensors
from meta.artifacts import Artifacts
from meta.evidence_model import EvidenceModel
from meta.support import Support
from tests.small_models import genuine_rows, small_base, small_detector, small_network


def table_on(device: str, network: EvidenceModel) -> Tensors:
    made = Evidence(network).on(device)
    return made.adapt(Support(genuine_rows(5, 1)), genuine_rows(64), seed=0).tensors


def test_the_processor_gives_the_same_bytes_however_it_is_asked_for() -> None:
    network = small_network()
    assert table_on("cpu", network)["table"].tobytes() == small_detector(network).tensors["table"].tobytes()


def test_a_network_moves_to_its_device_and_stays_on_the_processor_too() -> None:
    network = small_network()
    moved = network.net_on("meta")  # torch's device that stores only shapes
    assert {p.device.type for p in moved.parameters()} == {"meta"}
    assert {p.device.type for p in network.net.parameters()} == {"cpu"}
    assert network.net_on("meta") is moved


def test_every_network_of_a_blend_is_put_there() -> None:
    blend = Blend((Evidence(small_network(1)), Evidence(small_network(2)))).on("cuda:1")
    assert [part.device for part in blend.parts if isinstance(part, Evidence)] == ["cuda:1", "cuda:1"]


def test_an_adapter_without_a_network_stays_where_it_is() -> None:
    ridge: Adapter = adapter("ridge", Artifacts(small_base(), small_network()))
    assert ridge.on("cuda") is ridge


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_nearly_the_processors_detector() -> None:
    network = small_network()
    on_processor, on_gpu = (torch.from_numpy(table_on(d, network)["table"]) for d in ("cpu", "cuda"))
    assert torch.allclose(on_gpu, on_processor, atol=1e-3)
