"""How many wrong passwords one address may send, whatever names it tries.

Kept in the database and not in memory: several consoles behind one address share the count, and a restart
forgets nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from console.errors import Locked
from storage import UnitOfWork


@dataclass(frozen=True)
class AddressLimit:
    """`failures` within `window_s` seconds are the most; 0 failures sets no limit."""

    failures: int
    window_s: float

    def check(self, unit: UnitOfWork, address: str, now: float) -> None:
        """Raise Locked where the address has used up its tries; a try that is refused counts for nothing."""
        if self.failures and self._count(unit, address, now) >= self.failures:
            minutes = math.ceil(self.window_s / 60)
            raise Locked(
                f"too many wrong passwords from {address}: try again within {minutes} minutes",
                where="address",
                allowed=f"{self.failures} in {minutes} minutes",
            )

    def add(self, unit: UnitOfWork, address: str, now: float) -> bool:
        """Count one more failure; whether the address is refused from now on."""
        unit.sign_in_failures.delete_before(time=now - self.window_s)
        unit.sign_in_failures.add(address, time=now)
        return bool(self.failures) and self._count(unit, address, now) >= self.failures

    def _count(self, unit: UnitOfWork, address: str, now: float) -> int:
        return unit.sign_in_failures.count(address, since=now - self.window_s)
