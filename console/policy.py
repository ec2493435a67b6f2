"""The standing policy in force, as the console reads it."""

from __future__ import annotations

from console.context import ConsoleContext
from contracts.standing_policy import StandingPolicy
from storage import UnitOfWork


def standing_policy(context: ConsoleContext, unit: UnitOfWork) -> StandingPolicy:
    """The settings file's policy with what administrators have set over it."""
    return unit.policies.standing(StandingPolicy.of_settings(context.settings))
