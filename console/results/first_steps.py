"""Results about the first steps of a new installation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FirstStep:
    """One step: what it is, what to do, and whether it is done."""

    name: str
    words: str
    command: str
    """Command that does it; empty where it is done in the console."""
    done: bool


@dataclass(frozen=True)
class SuggestedEpisode:
    """Payments of a new pattern that a demo suggests to flag."""

    pattern: str
    recipe: str
    ids: list[str]


@dataclass(frozen=True)
class FirstSteps:
    """The steps in order; `suggested` is null outside of a demo, and once one of them is flagged."""

    steps: list[FirstStep]
    suggested: SuggestedEpisode | None
