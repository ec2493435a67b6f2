"""Fine-tune: train a copy of the base further on the flags. The baseline that few flags easily mislead.

What moves: all weights of the copy. Each step weighs the flags against genuine background.
Source: the usual transfer baseline, e.g. Chen et al. 2019, «A closer look at few-shot classification»,
arXiv:1904.04232.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from meta.adapters.declaration import Declaration
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.base import BaseModel
from meta.curve_network import CurveNetwork
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs, specs_of
from meta.support import Support

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Finetune(SimpleAdapter):
    """Adapter around a base.

    Attributes:
        base: Model that a copy is tuned of.
        steps: Steps of Adam.
        rate: Adam's learning rate.
        batch: Background rows drawn for each step.
    """

    base: BaseModel
    steps: int = 60
    rate: float = 1e-3
    batch: int = 512
    name: str = "finetune"

    @property
    def network(self) -> str:
        """Content hash of the base that detectors are copies of."""
        return self.base.content_hash

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        """Return a tuned copy of the base's network; the seed draws the background of each step."""
        import torch  # a scorer needs none

        from meta.networks.export import curve_net, curve_network

        rng = np.random.default_rng(seed)
        net = curve_net(self.base.network)
        optimiser = torch.optim.Adam(net.parameters(), self.rate)
        flagged = torch.from_numpy(self.base.tokens(support.fraud))
        rejected = torch.from_numpy(self._rejected(support))
        usual = torch.from_numpy(self.base.tokens(background))
        for _ in range(self.steps):
            rows = torch.from_numpy(rng.integers(0, len(usual), self.batch))
            loss = _loss(net(flagged), net(torch.cat([rejected, usual[rows]])))
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
        return Detector(self.name, curve_network(net).tensors(), self.network)

    def score(self, detector: Detector, X: Floats) -> Doubles:
        """Return log-odds float64 (n,)."""
        return CurveNetwork.from_tensors(detector.tensors).score(self.base.tokens(X))

    def tensor_specs(self) -> TensorSpecs:
        """Return the specs of the base's network: tuning changes no shape."""
        return specs_of(self.base.network.tensors())

    def _rejected(self, support: Support) -> Floats:
        if len(support.genuine):
            return self.base.tokens(support.genuine)
        return np.zeros((0, self.base.normaliser.tokens), np.float32)


def _loss(fraud: Tensor, genuine: Tensor) -> Tensor:
    from torch.nn import functional

    return 0.5 * functional.softplus(-fraud).mean() + 1.5 * functional.softplus(genuine).mean()


ADAPTERS = (Declaration("finetune", lambda artifacts: Finetune(artifacts.base)),)
