"""ADBench's tables and the splits of the protocol: K labelled anomalies, everything else unlabelled.

Source: Han et al. 2022, «ADBench: anomaly detection benchmark», arXiv:2206.09426.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Floats
from meta.normaliser import Normaliser

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "adbench"
MOST_ROWS = 20_000  # of a table, drawn with seed 0; ADBench reads 10,000
_TEST = 0.3  # share of the rows that is scored


class NoTables(FileNotFoundError):
    """The folder of the tables is missing."""


class TooFewAnomalies(ValueError):
    """The training part of a table has fewer anomalies than are to be labelled."""


@dataclass(frozen=True)
class Split:
    """One split of a table, raw features.

    Attributes:
        flags: Labelled anomalies, float32 (k, d).
        unlabelled: All other training rows, float32 (m, d); undetected anomalies are among them.
        test: Rows to score, float32 (n, d).
        anomaly: Whether each of these is an anomaly, bool (n,).
        normaliser: Map to normal scores, learned from the unlabelled rows.
    """

    flags: Floats
    unlabelled: Floats
    test: Floats
    anomaly: NDArray[np.bool_]
    normaliser: Normaliser


@dataclass(frozen=True)
class Table:
    """A table: features float32 (n, d), and whether each row is an anomaly, bool (n,)."""

    X: Floats
    anomaly: NDArray[np.bool_]

    def split(self, k: int, seed: int) -> Split:
        """Split 70/30, stratified, and label `k` anomalies of the training part at random.

        Raises:
            TooFewAnomalies: The training part has fewer than `k`.
        """
        from sklearn.model_selection import train_test_split

        rows = np.arange(len(self.X))
        train, test = train_test_split(rows, test_size=_TEST, random_state=seed, stratify=self.anomaly)
        anomalies = train[self.anomaly[train]]
        if len(anomalies) < k:
            raise TooFewAnomalies(f"{len(anomalies)} anomalies in the training part, {k} are to be labelled")
        flags = np.random.default_rng(seed).choice(anomalies, k, replace=False)
        unlabelled = self.X[train[~np.isin(train, flags)]]
        return Split(self.X[flags], unlabelled, self.X[test], self.anomaly[test], Normaliser.fit(unlabelled))


def names() -> list[str]:
    """Return the names of all tables, as ADBench numbers them.

    Raises:
        NoTables: The folder is missing; the message names it.
    """
    found = sorted((path.stem for path in FOLDER.glob("*.npz")), key=lambda name: int(name.split("_")[0]))
    if not found:
        raise NoTables(f"{FOLDER}: no tables there; the benchmark needs those of ADBench (*.npz)")
    return found


def load(name: str) -> Table:
    """Read a table."""
    with np.load(FOLDER / f"{name}.npz") as file:
        X, anomaly = file["X"].astype(np.float32), file["y"] == 1
    if len(X) > MOST_ROWS:
        rows = np.random.default_rng(0).choice(len(X), MOST_ROWS, replace=False)
        X, anomaly = X[rows], anomaly[rows]
    return Table(X, anomaly)
