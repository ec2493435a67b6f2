"""Limits wrong passwords per address, for all user names together.

The count is in the database, so that several consoles share it and a restart keeps it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from console.errors import Locked
from storage import UnitOfWork


@dataclass(frozen=True)
class AddressLimit:
    """At most `failures` wrong passwords in `window_s` seconds; 0 failures sets no limit."""

    failures: int
    window_s: float

    def check(self, unit: UnitOfWork, address: str, now: float) -> None:
        """Check that the address may try a password; refused tries do not count.

        Raises:
            Locked: the address has reached the limit.
        """
        if self.failures and self._count(unit, address, now) >= self.failures:
            minutes = math.ceil(self.window_s / 60)
            raise Locked(
                f"too many wrong passwords from {address}: try again within {minutes} minutes",
                where="address",
                allowed=f"{self.failures} in {minutes} minutes",
            )

    def add(self, unit: UnitOfWork, address: str, now: float) -> bool:
        """Count a failure, and return whether the address has reached the limit."""
        unit.sign_in_failures.delete_before(time=now - self.window_s)
        unit.sign_in_failures.add(address, time=now)
        return bool(self.failures) and self._count(unit, address, now) >= self.failures

    def _count(self, unit: UnitOfWork, address: str, now: float) -> int:
        return unit.sign_in_failures.count(address, since=now - self.window_s)
