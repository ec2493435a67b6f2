"""Evidence that traffic has changed: test martingales with a stated lifetime bound of false alarms.

While transactions of the same hour of the week are exchangeable, the probability that evidence ever reaches
`1 / alpha` is at most `alpha` (Ville's inequality). This holds for any distribution, and however often the
evidence is read.

Source: Vovk, Petej, Nouretdinov, Ahlberg, Carlsson and Gammerman 2021, Retrain or Not Retrain: Conformal Test
Martingales for Change-Point Detection (PMLR 152): conformal p-values and the Simple Jumper. Here, the jumper
has two more stakes, and a convex combination of jumpers begins a fresh one each day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from meta.arrays import Doubles

STAKES = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
"""Stakes of the jumper: positive ones bet on rising values, negative ones on falling values, 0 on neither."""
JUMP = 0.01
"""Share of the capital that is spread over all stakes before each bet; the value of the paper."""
_MOST = 1e200
"""Capital is cut here: less capital than won keeps the bound, and doubles do not overflow."""


@dataclass
class Jumpers:
    """One test martingale for each of m subjects; arrays may have leading axes for independent traffics.

    Each day puts a part of a reserve into play, so that a change on any day meets fresh capital. Without it,
    years of ordinary traffic would use up the capital, and a change would be noticed late.
    """

    capital: Doubles
    """Capital in play, by subject and stake, (..., m, 5)."""
    days: int = 0
    """Days begun; the reserve is 1 / (days + 1)."""

    @classmethod
    def new(cls, *shape: int) -> Jumpers:
        """Return martingales of value 1 for subjects of this shape, with all capital in the reserve."""
        return cls(np.zeros((*shape, len(STAKES))))

    def begin_day(self) -> None:
        """Put 1 / (days * (days + 1)) of the starting capital into play, evenly over the stakes."""
        self.days += 1
        self.capital = self.capital + 1.0 / (self.days * (self.days + 1) * len(STAKES))

    def bet(self, p: Doubles) -> None:
        """Bet on p-values and take gains or losses.

        Args:
            p: one p-value for each subject, 0 to 1, (..., m).
        """
        spread = self.capital.mean(axis=-1, keepdims=True)
        mixed = (1.0 - JUMP) * self.capital + JUMP * spread
        self.capital = np.minimum(mixed * (1.0 + STAKES * (0.5 - p[..., None])), _MOST)

    @property
    def evidence(self) -> Doubles:
        """Value of each martingale, 0 or more, (..., m).

        Each bets on the past of its own subject only. So their mean need not be a martingale: what several
        subjects show together may tell more. The union bound covers them, see `monitoring.change_evidence`.
        """
        return np.asarray(self.capital.sum(axis=-1) + 1.0 / (self.days + 1))


def conformal_p(bins: NDArray[np.intp], seen: Doubles, tie: Doubles) -> Doubles:
    """Return p-values of binned values among those seen before, with ties broken by chance.

    Of exchangeable values, the p-values are independent and uniform for any distribution.

    Args:
        bins: bin of the new value of each subject, (..., m).
        seen: number of earlier values in each bin, (..., m, b).
        tie: uniform random numbers, (..., m).

    Returns:
        Share of values that are higher, ties included by chance, (..., m); small means unusually high.

    Example:
        >>> conformal_p(np.array([2]), np.array([[5.0, 4.0, 0.0]]), np.array([0.5])).tolist()
        [0.05]
    """
    upto = np.cumsum(seen, axis=-1)
    here = np.take_along_axis(seen, bins[..., None], axis=-1)[..., 0]
    higher = upto[..., -1] - np.take_along_axis(upto, bins[..., None], axis=-1)[..., 0]
    return np.asarray((higher + tie * (here + 1.0)) / (upto[..., -1] + 1.0))


def bet_on_hour(jumpers: Jumpers, bins: NDArray[np.intp], seen: Doubles, rng: np.random.Generator) -> None:
    """Bet on the values of one hour in their order, and count them.

    Args:
        jumpers: the martingales; changed in place.
        bins: bins of n values of each subject, (n, ..., m).
        seen: earlier values of this hour of the week, (..., m, b); changed in place.
        rng: breaks ties.
    """
    counted = (bins[..., None] == np.arange(seen.shape[-1])).astype(np.float64)
    before = seen + np.cumsum(counted, axis=0) - counted
    for p in conformal_p(bins, before, rng.random(bins.shape)):
        jumpers.bet(p)
    seen += counted.sum(axis=0)


def evidence_needed(alpha: float, start: int) -> float:
    """Return the evidence that raises an alarm in the n-th start of a test.

    Start n gets alpha / (n (n + 1)), so that all starts together stay within `alpha`.

    Args:
        alpha: bound of the probability of a false alarm, ever, over 0 to 1.
        start: number of the start, 1 or more.

    Returns:
        The evidence.

    Example:
        >>> evidence_needed(0.01, 1), evidence_needed(0.01, 2)
        (200.0, 600.0)
    """
    return start * (start + 1) / alpha


def sample_bins(shares: Doubles, rows: int, n: int, rng: np.random.Generator) -> NDArray[Any]:
    """Draw values of one hour from its histograms, without putting them back.

    Args:
        shares: share of each bin, (m, b).
        rows: values that the histograms were counted from.
        n: values to draw; fewer where there are fewer.
        rng: draws them.

    Returns:
        Bins, intp (n, m).
    """
    chosen = rng.choice(rows, min(n, rows), replace=False) if rows else np.empty(0)
    at = (chosen + 0.5) / max(rows, 1)
    upto = np.cumsum(shares, axis=-1)
    return np.asarray((upto[None, :, :-1] <= at[:, None, None]).sum(axis=-1))
