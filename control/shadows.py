"""Detectors and bases on trial: they score silently beside those that decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from control.checking import check_detector, check_features, try_out
from control.loading import LoadedBase, LoadedDetector, LoadedShadow
from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats
from meta.detector import Detector
from meta.live import LiveDetector
from meta.stack import ScoringStack


@dataclass(frozen=True)
class Shadows:
    """All that is on trial.

    Attributes:
        all: What is on trial, in the order of the columns of `surprises`: detectors first.
        detectors: Stack of the live base and the detectors on trial; None without such detectors.
        bases: A stack for each base on trial.
    """

    all: tuple[LoadedShadow, ...] = ()
    detectors: ScoringStack | None = None
    bases: tuple[ScoringStack, ...] = ()

    @classmethod
    def of(
        cls,
        loaded: Iterable[LoadedShadow],
        live: ScoringStack,
        adapter_of: Callable[[Detector], Adapter | None],
    ) -> Shadows:
        """Build the stacks of those that can score.

        Args:
            loaded: All that is on trial.
            live: The stack that decides.
            adapter_of: Returns what scores a detector; None where its network is not in force, and then the
                detector waits, as a live one does.
        """
        detectors, bases, members, alone = [], [], [], []
        for shadow in loaded:
            if isinstance(shadow.scorer, LoadedBase):
                bases.append(shadow)
                alone.append(ScoringStack(shadow.scorer.model, shadow.scorer.tails))
            elif (scorer := adapter_of(shadow.scorer.detector)) is not None:
                one = shadow.scorer
                detectors.append(shadow)
                members.append(LiveDetector(one.detector, scorer, one.tails, one.shift))
        beside = live.replaced(members) if members else None
        return cls((*detectors, *bases), beside, tuple(alone))

    def check(self, base: LoadedBase) -> None:
        """Check that all read the features of `base`, and try them out.

        Raises:
            MalformedEntry: A base or detector does not fit.
        """
        for shadow, stack in zip(self.all[len(self.all) - len(self.bases) :], self.bases, strict=True):
            if isinstance(shadow.scorer, LoadedBase):
                check_features(shadow.scorer, base.model.features)
            try_out(stack, ())
        if self.detectors is not None:
            on_trial = [s.scorer for s in self.all if isinstance(s.scorer, LoadedDetector)]
            for loaded, live in zip(on_trial, self.detectors.detectors, strict=True):
                check_detector(loaded, live.adapter, base)
            try_out(self.detectors, on_trial)

    def surprises(self, X: Floats) -> NDArray[np.float64]:
        """Return surprises float64 (n, shadows) of raw features float32 (n, d), shifts included."""
        columns = [stack.surprises(X)[:, :1] for stack in self.bases]
        if self.detectors is not None:
            columns.insert(0, self.detectors.surprises(X)[:, 1:] + self.detectors.shifts[1:])
        return np.concatenate(columns, axis=1) if columns else np.empty((len(X), 0))

    @property
    def thresholds(self) -> Doubles:
        """Surprise over which each would alert, float64 (shadows,)."""
        return np.array([shadow.threshold for shadow in self.all])
