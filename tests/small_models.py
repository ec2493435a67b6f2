"""Real but tiny artifacts: a base, a network and detectors over three features, made in milliseconds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from control.change import Change
from control.entry import Kind
from control.parts import tails_to_bytes
from meta.adapters.evidence import Evidence
from meta.base import BaseModel, Provenance
from meta.calibration import Tails
from meta.curve_network import CurveNetwork
from meta.detector import Detector
from meta.evidence_model import EvidenceModel
from meta.histograms import Histograms
from meta.kernels import KNOTS
from meta.networks.evidence import EvidenceNet
from meta.normaliser import Normaliser
from meta.support import Support

NAMES = ("log_amount", "card_z_1d", "hour_sin")


def genuine_rows(
    count: int, seed: int = 0, width: int = len(NAMES)
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return ordinary transactions, float32 (count, width)."""
    return np.random.default_rng(seed).standard_normal((count, width)).astype(np.float32)


def small_base(seed: int = 0, names: tuple[str, ...] = NAMES) -> BaseModel:
    """Return a base with random weights over the features `names`."""
    random, rows = np.random.default_rng(seed), genuine_rows(2_000, width=len(names))

    def weights(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        return random.standard_normal(shape).astype(np.float32)

    network = CurveNetwork(
        weights(len(names), KNOTS, 8), weights(8), weights(8, 4), weights(4), weights(4, 1), weights(1)
    )
    provenance = Provenance((0.0, 1.0), "00", seed, len(rows), 0)
    return BaseModel(names, Normaliser.fit(rows), network, Histograms.fit(rows), provenance)


def small_network(seed: int = 0) -> EvidenceModel:
    """Return an untrained evidence network that does not use the base."""
    torch.manual_seed(seed)
    net = EvidenceNet(len(NAMES), learned=4, trunk=8, width=8, layers=1)
    return EvidenceModel.of(net, NAMES, Normaliser.fit(genuine_rows(2_000)), {})


def base_change(model: BaseModel, *, threshold: float = 3.0, identity: str = "base") -> Change:
    """Return the change that announces `model`, with tails measured on genuine rows."""
    tails = Tails.fit(model.score(genuine_rows(2_000, width=len(model.features))))
    parts = {"base": model.to_bytes(), "tails": tails_to_bytes(tails)}
    return Change(Kind.BASE, identity, "test", "a base", parts, {"threshold": threshold})


def network_change(network: EvidenceModel) -> Change:
    """Return the change that announces `network` under its content hash."""
    return Change(Kind.NETWORK, network.content_hash, "test", "", {"network": network.to_bytes()}, {})


def small_detector(network: EvidenceModel, seed: int = 0) -> Detector:
    """Return a detector adapted to five random transactions."""
    return Evidence(network).adapt(Support(genuine_rows(5, seed + 1)), genuine_rows(64), seed=seed)


def detector_change(
    network: EvidenceModel, identity: str, *, threshold: float = 3.5, seed: int = 0
) -> Change:
    """Return the change that announces a small detector with its tails and the matching joint threshold."""
    detector = small_detector(network, seed)
    tails = Tails.fit(Evidence(network).score(detector, genuine_rows(2_000)))
    parts = {"detector": detector.to_bytes(), "tails": tails_to_bytes(tails)}
    values = {"threshold": threshold, "episode": identity, "shift": 0.0}
    return Change(Kind.DETECTOR, identity, "test", "", parts, values)


def on_trial(change: Change, threshold: float) -> Change:
    """Return `change` on trial: a detector or base in a shadow slot that counts scores over `threshold`."""
    values = {name: value for name, value in change.values.items() if name != "threshold"}
    return replace(change, kind=Kind.SHADOW, values=values | {"shadow_threshold": threshold})


def retirement(kind: Kind, identity: str, **values: float) -> Change:
    """Return the change that removes an entry."""
    return Change(kind, identity, "test", "retired", {}, values, retired=True)
