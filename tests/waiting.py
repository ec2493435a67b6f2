"""Wait for a condition instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(look: Callable[[], Value | None], *, what: str, within_s: float = 90.0) -> Value:
    """Return the first value of `look()` that is not None or False; fail at the timeout, naming `what`."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        value = look()
        if value is not None and value is not False:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {within_s:g} s for {what}, in vain")
