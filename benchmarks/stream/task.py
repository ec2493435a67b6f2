"""The work of every row of the benchmark, with its expected result.

Per transaction: decode 8 JSON fields; decay and raise three counts and three sums of the card; feed amount,
elapsed time, counts and sums to a network of 64 and 64 units; write the score as JSON, keyed by the card.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

TAUS_S = (3_600.0, 86_400.0, 604_800.0)  # an hour, a day, a week
INPUTS = 2 + 2 * len(TAUS_S)
UNITS = 64
# Brings each input near 1: amount, seconds elapsed, then count and sum of each window.
SCALES = (1 / 100, 1 / 3_600, 1 / 2, 1 / 100, 1 / 20, 1 / 1_000, 1 / 40, 1 / 2_000)


@dataclass(frozen=True)
class Network:
    """Weights float32: first (8, 64), second (64, 64), third (64, 1)."""

    first: Floats
    second: Floats
    third: Floats

    @classmethod
    def random(cls, seed: int = 0) -> "Network":
        """Return random weights of about trained size; the first layer includes the inputs' scales."""
        random = np.random.default_rng(seed)
        first = random.standard_normal((INPUTS, UNITS)) / math.sqrt(INPUTS) * np.array(SCALES)[:, None]
        second = random.standard_normal((UNITS, UNITS)) / math.sqrt(UNITS)
        third = random.standard_normal((UNITS, 1)) / math.sqrt(UNITS)
        return cls(first.astype(np.float32), second.astype(np.float32), third.astype(np.float32))

    def save(self, path: Path) -> None:
        """Write all weights in sequence, little-endian, as every peer reads them."""
        parts = [layer.astype("<f4").tobytes() for layer in (self.first, self.second, self.third)]
        path.write_bytes(b"".join(parts))

    @classmethod
    def load(cls, path: Path) -> "Network":
        flat = np.frombuffer(path.read_bytes(), "<f4")
        one, two = INPUTS * UNITS, INPUTS * UNITS + UNITS * UNITS
        return cls(flat[:one].reshape(INPUTS, UNITS), flat[one:two].reshape(UNITS, UNITS), flat[two:, None])

    def score(self, inputs: Floats) -> Floats:
        """Return scores (n,) of inputs (n, 8), computed with numpy."""
        hidden = np.maximum(inputs @ self.first, 0)
        hidden = np.maximum(hidden @ self.second, 0)
        return np.asarray(1 / (1 + np.exp(-(hidden @ self.third)[:, 0])))


@dataclass(slots=True)
class Sums:
    """State of one card, as the Python peers keep it."""

    last: float = -1.0
    counts: list[float] = field(default_factory=lambda: [0.0] * len(TAUS_S))
    sums: list[float] = field(default_factory=lambda: [0.0] * len(TAUS_S))

    def take(self, amount: float, time: float) -> list[float]:
        """Fold one transaction and return the network's inputs; a late one does not move time back."""
        elapsed = max(time - self.last, 0.0) if self.last >= 0 else 0.0
        self.last = max(self.last, time)
        inputs = [amount, elapsed]
        for i, tau in enumerate(TAUS_S):
            kept = math.exp(-elapsed / tau)
            self.counts[i] = self.counts[i] * kept + 1.0
            self.sums[i] = self.sums[i] * kept + amount
            inputs += (self.counts[i], self.sums[i])
        return inputs
