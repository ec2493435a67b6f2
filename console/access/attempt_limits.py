"""Limits passwords tried: per address for all names together, and per name from one address.

No limit locks a user: a stranger who tries a name delays only tries from the stranger's own address. A name
that does not exist is limited like one that does. Counts are in the database, so several consoles share them
and a restart keeps them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from console.errors import Locked
from storage import UnitOfWork
from storage.api_tokens import digest_of

FREE = 3
"""Wrong passwords for one name from one address before tries are delayed."""
FIRST_DELAY_S, LONGEST_DELAY_S = 1.0, 300.0
"""The delay doubles with each further failure."""


@dataclass(frozen=True)
class AttemptLimits:
    """At most `failures` wrong passwords of an address in `window_s` seconds; 0 failures sets no limit."""

    failures: int
    window_s: float

    def begin(self, unit: UnitOfWork, name: str, address: str, now: float) -> None:
        """Count a try as failed before its password is checked, so that simultaneous tries cannot overtake.

        The caller commits, also after an error. A try that comes too early counts too.

        Raises:
            Locked: the address has reached its limit, or the name's delay is not over.
        """
        unit.sign_in_failures.delete_before(time=now - self.window_s)
        self._check_address(unit, address, now)
        wait_s = self._delay(unit, name, address, now)
        unit.sign_in_failures.add(address, digest_of(name), time=now)
        if wait_s > 0:
            raise Locked(
                f"too many wrong passwords for this name: try again in {math.ceil(wait_s)} s",
                where="name",
                wait_s=wait_s,
            )

    def succeed(self, unit: UnitOfWork, name: str, address: str) -> None:
        """Forget the tries of this name from this address."""
        unit.sign_in_failures.forget(address, digest_of(name))

    def reached(self, unit: UnitOfWork, address: str, now: float) -> bool:
        """Whether the address has reached its limit."""
        return bool(self.failures) and len(self._times(unit, address, now)) >= self.failures

    def _check_address(self, unit: UnitOfWork, address: str, now: float) -> None:
        times = self._times(unit, address, now)
        if self.failures and len(times) >= self.failures:
            minutes = math.ceil(self.window_s / 60)
            raise Locked(
                f"too many wrong passwords from {address}: try again within {minutes} minutes",
                where="address",
                allowed=f"{self.failures} in {minutes} minutes",
                wait_s=times[-self.failures] + self.window_s - now,
            )

    def _delay(self, unit: UnitOfWork, name: str, address: str, now: float) -> float:
        """Seconds from `now` until this name may be tried again from this address."""
        times = unit.sign_in_failures.times(address, digest_of(name), since=now - self.window_s)
        if len(times) < FREE:
            return 0.0
        delay_s = min(FIRST_DELAY_S * 2.0 ** min(len(times) - FREE, 30), LONGEST_DELAY_S)
        return times[-1] + delay_s - now

    def _times(self, unit: UnitOfWork, address: str, now: float) -> list[float]:
        return unit.sign_in_failures.times(address, since=now - self.window_s)
