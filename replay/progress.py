"""The callback that a protocol reports its progress to."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Takes the name of the stage, the rows or steps done, and how many there are in all."""


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Report nothing."""
