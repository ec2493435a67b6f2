"""Kills processes at random moments and starts them again."""

from __future__ import annotations

import asyncio
import random

from benchmarks.soak.system import BROKER, System

WEIGHTS = {"worker-1": 3, "worker-2": 3, "recorder": 2, "adapter": 2, "console": 1, BROKER: 1}
"""How often each process is killed, relative to the others. All wait for the broker, so it comes last."""
BETWEEN_S = (2.0, 10.0)
DOWN_S = (0.0, 3.0)


async def kill_at_random(system: System, *, seed: int) -> None:
    """Kill one process after another until cancelled; each is started again up to 3 s later."""
    chance = random.Random(seed)
    while True:
        await asyncio.sleep(chance.uniform(*BETWEEN_S))
        (name,) = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
        system.kill(name)
        await asyncio.sleep(chance.uniform(*DOWN_S))
        system.start_missing()
