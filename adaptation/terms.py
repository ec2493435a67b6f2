"""What the settings leave to the user: how much is alerted, how long things last, and who must agree."""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400.0
LARGEST_BUDGET = 0.5


@dataclass(frozen=True)
class Terms:
    """Durations in days or hours; 0 turns what is repeated or expires off."""

    alert_rate: float = 0.001
    """Share of genuine traffic that may be alerted."""
    alerts_per_day: float = 0.0
    """False alerts a day; where it is over 0 it counts instead, once a day of traffic is known."""
    four_eyes: bool = False
    """Whether a second person must approve what the first flagged."""
    risk_half_life_days: float = 14.0
    block_days: float = 28.0
    expire_days: float = 0.0
    """Age at which a detector leaves by itself."""
    recalibrate_hours: float = 24.0
    transactions_days: float = 0.0
    """Event time that transactions are kept for; 0 keeps all, and so below."""
    alerts_days: float = 0.0

    def budget(self, per_day: float | None) -> float:
        """Share of genuine traffic that may be alerted, of `per_day` transactions where that is known.

        >>> Terms(alerts_per_day=50).budget(100_000.0)
        0.0005
        >>> Terms(alert_rate=0.002, alerts_per_day=50).budget(None)
        0.002
        """
        if not self.alerts_per_day or not per_day:
            return self.alert_rate
        return min(self.alerts_per_day / per_day, LARGEST_BUDGET)


DEFAULT_TERMS = Terms()
