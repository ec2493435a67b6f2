"""The callbacks that a protocol reports to: how far it is, and what it has found so far."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Takes the name of the stage, the rows or steps done, and how many there are in all."""

Tell = Callable[[str], None]
"""Takes a line for people, as soon as its facts are known."""


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Report nothing."""


def ignore_text(text: str) -> None:
    """Tell nothing."""
