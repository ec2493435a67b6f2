"""Analysts who flag episodes and roll detectors back, by the commands that a person would use."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.soak.system import System
from benchmarks.soak.traffic import Traffic
from flagfive.asking import UNANSWERED

FLAGS = 5
PAUSE_S = 4.0
ROLLED_BACK = 0.5
"""Share of the live detectors that are rolled back."""
WAIT_S = 60.0
TRIES = 20
_NEWEST = 20  # frauds that may not be scored yet


class Unanswered(Exception):
    """The adaptation worker did not answer a request, however often it was repeated."""


@dataclass
class Analysts:
    """Flags and rolls back until `stopping` is set; repeats each request until it is answered.

    Attributes:
        answers: Number of answers by kind of request and status.
        stopping: Set it to end the work after the request in hand.
    """

    system: System
    traffic: Traffic
    answers: Counter[str] = field(default_factory=Counter)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self, *, seed: int) -> None:
        """Flag one episode after another.

        Raises:
            Unanswered: a request was repeated 20 times in vain.
        """
        chance, number = random.Random(seed), 0
        while not self.stopping.is_set():
            await asyncio.sleep(PAUSE_S)
            known = {name: list(ids)[:-_NEWEST] for name, ids in self.traffic.frauds.items()}
            enough = [name for name, ids in known.items() if len(ids) >= FLAGS]
            if not enough:
                continue
            number += 1
            family = chance.choice(enough)
            flags = chance.sample(known[family], FLAGS)
            answer = await self._ask("flag", *flags, "--name", f"{family} {number}", "--json")
            if answer.get("status") == "live" and chance.random() < ROLLED_BACK:
                await self._ask("rollback", f"detector/{answer['detector_id']}")

    async def _ask(self, verb: str, *arguments: str) -> dict[str, str]:
        """Send a request, again with the same id while it is not answered; return the answer."""
        request = str(uuid.uuid4())
        said = ""
        for _ in range(TRIES):
            command = ["-P", "-m", "flagfive", verb, *arguments, "--request-id", request]
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *command,
                "--wait",
                str(WAIT_S),
                env=self.system.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            out, error = await process.communicate()
            said = (out + error).decode()
            if process.returncode not in (UNANSWERED, None) and out:
                answer: dict[str, str] = json.loads(out) if "--json" in arguments else {"status": "done"}
                self.answers[f"{verb}: {answer['status']}"] += 1
                return answer
            await asyncio.sleep(PAUSE_S)
        raise Unanswered(f"{verb} {' '.join(arguments)}: {said}")
