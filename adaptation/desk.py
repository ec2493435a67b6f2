"""What every request is worked with: the database, the control log, and the prepared calibration."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from sqlalchemy import Engine

from adaptation.proposing.preparation import Preparation
from adaptation.standing_terms import StandingTerms
from adaptation.terms import Terms
from contracts.requests import Policy, Request
from control.announce import Announcer
from storage import UnitOfWork


class Step(IntEnum):
    """The numbered steps of a flag; `flagging` says what a stop after each costs."""

    RECEIVED = 1
    CHECKED = 2
    ADAPTED = 3
    STORED = 4
    ANNOUNCED = 5
    NOTED = 6
    COMMITTED = 7
    LIVE = 8


def pass_by(step: Step) -> None:
    """What is done after a step: nothing, unless a test stops there."""


@dataclass(frozen=True)
class Desk:
    """Shared by all that work on requests; used by one thread."""

    engine: Engine
    announcer: Announcer
    preparation: Preparation
    policy: Policy
    standing: StandingTerms
    clock: Callable[[], float] = time.time
    after: Callable[[Step], None] = field(default=pass_by)

    @property
    def terms(self) -> Terms:
        """The terms that count now."""
        return self.standing.current

    @property
    def budget(self) -> float:
        """Share of genuine traffic that may be alerted."""
        return self.terms.budget(self.preparation.per_day)

    def unit(self, *, reads_only: bool = False) -> UnitOfWork:
        """A new unit of work."""
        return UnitOfWork(self.engine, reads_only=reads_only)

    def policy_of(self, request: Request) -> Policy:
        """What becomes of a detector that passed the gate: as the settings say, or held back as was asked."""
        return self.policy if request.policy == "auto" else request.policy
