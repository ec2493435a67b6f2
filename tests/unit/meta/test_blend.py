"""A blend weighs its parts by how well each finds flags that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from meta.adapters.blend import WEIGHTS, Blend
from meta.adapters.simple import SimpleAdapter
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.detector_tensors import TensorSpecs
from meta.support import Support


@dataclass(frozen=True)
class OneColumn(SimpleAdapter):
    """Scores by one column, and never looks at the flags."""

    column: int
    name: str = "one column"

    def adapt(self, support: Support, background: Floats, *, seed: int) -> Detector:
        return Detector(self.name, {})

    def score(self, detector: Detector, X: Floats) -> Doubles:
        return np.asarray(X[:, self.column], np.float64)

    def tensor_specs(self) -> TensorSpecs:
        return {}


@pytest.fixture
def genuine() -> Floats:
    """Rows of two columns and the base's surprise."""
    return np.random.default_rng(1).standard_normal((2_000, 3)).astype(np.float32)


FLAGS = np.tile(np.array([2.8, 0.0, 0.0], np.float32), (5, 1))
"""Only the first column finds them."""


def test_the_part_that_finds_left_out_flags_has_most_of_the_weight(genuine: Floats) -> None:
    made = Blend((OneColumn(0), OneColumn(1)), weighed=True)
    detector = made.adapt(Support(FLAGS), genuine, seed=0)
    assert detector.tensors[WEIGHTS][0] > 0.9
    assert np.sum(detector.tensors[WEIGHTS]) == pytest.approx(1.0)


def test_a_single_flag_cannot_be_left_out_and_all_parts_weigh_the_same(genuine: Floats) -> None:
    made, plain = (Blend((OneColumn(0), OneColumn(1)), weighed=weighed) for weighed in (True, False))
    detector, other = (one.adapt(Support(FLAGS[:1]), genuine, seed=0) for one in (made, plain))
    assert detector.tensors[WEIGHTS].tolist() == [0.5, 0.5]
    assert made.score(detector, genuine).tobytes() == plain.score(other, genuine).tobytes()
