"""What the settings leave to the user: how long things last, and who must agree."""

from __future__ import annotations

from dataclasses import dataclass

DAY_S = 86_400.0


@dataclass(frozen=True)
class Terms:
    """Durations in days or hours; 0 turns what is repeated or expires off."""

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


DEFAULT_TERMS = Terms()
