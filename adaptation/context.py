"""What every request is handled with: database, control log, prepared calibration, standing policy."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Engine

from adaptation.flag_steps import FlagStep, continue_after
from adaptation.proposing.preparation import Preparation
from contracts.standing_policy import StandingPolicy
from control.change import Change
from control.entry import LoggedEntry
from control.keys import ControlKey
from control.snapshot import Snapshot
from meta.surge import Surge, budget_in_force
from meta.verdict import Limits
from rules.lists.definition import DEFAULT_LIMITS, ListLimits
from storage import UnitOfWork


class ControlLogWriter(Protocol):
    """What the worker needs of the control log; `control.announce.Announcer` provides it."""

    @property
    def key(self) -> ControlKey:
        """Key that entries are signed with."""

    def refresh(self) -> Snapshot:
        """Read all that the log holds now. Raises ControlLogUnavailable."""

    def announce(self, *changes: Change) -> LoggedEntry:
        """Publish `changes` in order and return the last. Raises ControlLogUnavailable."""


@dataclass
class AdaptationContext:
    """Shared by everything that handles requests; one thread uses it.

    Attributes:
        filed: the policy that the settings file states.
        policy: the policy in force, as of the last `reread_policy`.
        clock: seconds since 1970-01-01 UTC.
        after: is called with each step of a flag once it is complete.
        lists: how much named lists may hold.
        surges: surges of live detectors, as of the last snapshot that was looked at.
    """

    engine: Engine
    announcer: ControlLogWriter
    preparation: Preparation
    filed: StandingPolicy
    clock: Callable[[], float] = time.time
    after: Callable[[FlagStep], None] = continue_after
    policy: StandingPolicy = field(init=False)
    surges: tuple[Surge, ...] = ()
    lists: ListLimits = DEFAULT_LIMITS

    def __post_init__(self) -> None:
        self.policy = self.filed

    @property
    def budget(self) -> float:
        """Share of genuine traffic that may be alerted now, over 0 to 1; a surge is included."""
        return budget_in_force(self.policy.budget(self.preparation.per_day), self.surges, self.clock())

    @property
    def limits(self) -> Limits:
        """What a detector must keep to go live."""
        terms = self.policy
        return Limits(
            self.budget, terms.known_fraud_lost, terms.alerts_added, terms.objective, terms.confidence
        )

    def reread_policy(self) -> None:
        """Take over what an administrator has set since. Raises StorageUnavailable."""
        with self.unit(reads_only=True) as unit:
            self.policy = unit.policies.standing(self.filed)

    def unit(self, *, reads_only: bool = False) -> UnitOfWork:
        """A new unit of work."""
        return UnitOfWork(self.engine, reads_only=reads_only)
