"""Processor time of a call."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np


def median_us(call: Callable[[], object], times: int) -> float:
    """Call something `times` times; return the median of microseconds of this thread's processor time."""
    seconds = list[float]()
    for _ in range(times):
        began = time.thread_time()
        call()
        seconds.append(time.thread_time() - began)
    return float(np.median(seconds)) * 1e6
