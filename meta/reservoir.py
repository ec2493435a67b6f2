"""Recent genuine traffic, kept ready to calibrate detectors on.

What does not depend on the detector (normal scores, tokens, the base's surprise) is computed once per
reservoir, so that calibrating a new detector on 50,000 rows is one pass of the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from meta.adapters.protocol import Adapter, Encoded
from meta.arrays import Doubles, Floats, Rows, matrix
from meta.base import BaseModel
from meta.calibration import Tails
from meta.detector import Detector
from meta.live import LiveDetector
from meta.support import Support, with_surprise

FEWEST_ROWS = 5_000
"""Below, a budget of 0.1% is less than five rows, and a threshold is a guess."""


class Reservoir:
    """Genuine rows in raw features under one base; 50,000 hold a budget of 0.1%, 1,000 do not.

    Args:
        X: Raw features, float32 (n, d).
        base: The base that scores them.
        base_tails: Tails of the base; fitted to the rows where not given.
        base_surprise: Surprise of the rows under `base` and `base_tails`, float64 (n,), where it is known
            already; else it is computed.
        risk: Surprise that confirmed frauds of a row's entities add to each scorer's surprise, float64 (n,);
            zeros where not given.
    """

    def __init__(
        self,
        X: Floats,
        base: BaseModel,
        base_tails: Tails | None = None,
        *,
        base_surprise: Doubles | None = None,
        risk: Doubles | None = None,
    ) -> None:
        self.X = matrix(X, len(base.features), "reservoir")
        self.base = base
        if base_tails is None or base_surprise is None:
            scores = base.score(self.X)
            base_tails = Tails.fit(scores) if base_tails is None else base_tails
            base_surprise = base_tails.surprise(scores)
        self.base_tails, self.base_surprise = base_tails, base_surprise
        self.risk: Doubles = np.zeros(len(self.X)) if risk is None else risk
        self._encoded: dict[str, Encoded] = {}
        self._last: tuple[Detector, Doubles] | None = None

    def __len__(self) -> int:
        return len(self.X)

    def __getstate__(self) -> dict[str, object]:
        """Return what to send to another process; it encodes the rows again, 20 MB for 50,000 of them."""
        return {**self.__dict__, "_encoded": {}, "_last": None}

    def part(self, rows: Rows, risk: Doubles) -> Reservoir:
        """Return the reservoir of some rows with the risk of each, float64 (m,); nothing is computed anew."""
        part = Reservoir(
            self.X[rows], self.base, self.base_tails, base_surprise=self.base_surprise[rows], risk=risk
        )
        part._encoded = {key: tuple(array[rows] for array in arrays) for key, arrays in self._encoded.items()}
        return part

    def prepare(self, adapter: Adapter) -> None:
        """Compute now what detectors of `adapter` are scored from, so that parts have it too."""
        if adapter.encoding:
            self.encoded(adapter)

    def rows_for(self, adapter: Adapter) -> Floats:
        """Return the rows as the adapter wants them, with the base's surprise where it needs it."""
        return with_surprise(self.X, self.base_surprise) if adapter.needs_surprise else self.X

    def extend(self, adapter: Adapter, X: Floats) -> Floats:
        """Return other raw rows (m, d) as the adapter wants them."""
        if not adapter.needs_surprise:
            return X
        return with_surprise(X, self.base_tails.surprise(self.base.score(X)))

    def extend_support(self, adapter: Adapter, support: Support) -> Support:
        """Return a support of raw rows as the adapter wants it."""
        genuine = support.genuine
        return Support(
            self.extend(adapter, support.fraud), self.extend(adapter, genuine) if len(genuine) else genuine
        )

    def scores(self, adapter: Adapter, detector: Detector) -> Doubles:
        """Return the log-odds of the rows, float64 (n,)."""
        last = self._last
        if last is None or last[0] is not detector:
            # Calibrating and judging ask for the same detector, one after the other.
            last = self._last = detector, self.scores_of_all(adapter, [detector])[:, 0]
        return last[1]

    def scores_of_all(
        self, adapter: Adapter, detectors: Sequence[Detector], first: int | None = None
    ) -> NDArray[np.float64]:
        """Return the log-odds of the rows, or of the `first` ones, under each detector, float64 (n, e)."""
        encoded = tuple(array[:first] for array in self.encoded(adapter))
        return adapter.scorer(detectors)(encoded)

    def calibrate(
        self, adapter: Adapter, detector: Detector, *, shift: float = 0.0, trim: float = 0.0
    ) -> LiveDetector:
        """Return the detector with its tails on this reservoir."""
        tails = Tails.fit(self.scores(adapter, detector), trim=trim)
        return LiveDetector(detector, adapter, tails, shift)

    def surprise_of(self, live: LiveDetector) -> Doubles:
        """Return a live detector's surprise over the rows, before its shift, float64 (n,)."""
        return live.tails.surprise(self.scores(live.adapter, live.detector))

    def encoded(self, adapter: Adapter) -> Encoded:
        """Return the rows as the adapter encodes them; each encoding is computed once and kept."""
        key = adapter.encoding
        if not key:
            return adapter.encode(self.rows_for(adapter))
        if key not in self._encoded:
            self._encoded[key] = adapter.encode(self.rows_for(adapter))
        return self._encoded[key]
