"""The whole soak: start, kill, let everything finish, prove."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.soak.analysts import Analysts
from benchmarks.soak.faults import kill_at_random
from benchmarks.soak.proof import Proof, prove, recorded
from benchmarks.soak.system import System
from benchmarks.soak.traffic import Traffic
from benchmarks.stream.setup import announce_shipped
from flagfive.processes import Processes
from stream.feed.feed import Feed
from stream.wiring import transaction_schema

SHOWN_S = 30.0
FINISH_S = 1_800.0
"""After the last kill: longest wait until everything is recorded."""
_LOOK_S = 1.0

Say = Callable[[str], None]


class NotFinished(Exception):
    """Not every transaction was recorded, or not every request answered, in time after the last kill."""


async def soak(
    folder: Path, processes: Processes, *, minutes: float, rate: float, seed: int, say: Say
) -> dict[str, Any]:
    """Run the soak and return its figures.

    1. Start everything; put a base in force; send a history.  2. For `minutes`, send payments, flag, roll
    back, and kill.  3. Start what is missing, and wait until all is recorded.  4. Prove.

    Args:
        folder: Data, database and logs.
        processes: The set that all child processes join.
        minutes: How long processes are killed.
        rate: Payments a second.
        seed: Of kills and flags.
        say: Receives progress.

    Raises:
        NotFinished: Transactions are not recorded, or a request is not answered, 30 minutes after the last
            kill.
        Unanswered: A request was repeated 20 times without an answer.
    """
    system = System(folder, processes)
    system.start_broker()
    traffic = Traffic(transaction_schema(system.settings), rate)
    analysts = Analysts(system, traffic)
    await asyncio.to_thread(announce_shipped, system.settings, traffic.genuine())
    system.start_missing()
    say(f"broker, workers, recorder, adapter and console run; logs are in {system.settings.var / 'log'}")
    broker = system.settings.broker
    async with Feed(broker, system.settings.topics.transactions) as feed:
        await traffic.send_history(feed)
        say(f"{traffic.sent:,} payments of history are sent; kills begin")
        flagging = asyncio.create_task(analysts.work(seed=seed))
        tasks = [
            asyncio.create_task(traffic.send_live(feed)),
            asyncio.create_task(kill_at_random(system, seed=seed)),
            asyncio.create_task(_progress(system, traffic, analysts, say)),
        ]
        await _for(60.0 * minutes, tasks, flagging)
    say("the last kill is done; everything may finish now")
    await _finished(system, traffic, analysts, flagging)
    say(f"{recorded(system.settings):,} scores are recorded; the proof reads all topics")
    proof = await prove(system, acknowledged=traffic.sent, again=traffic.again)
    return _figures(system, analysts, proof, minutes=minutes, rate=rate, seed=seed)


async def _for(seconds: float, tasks: list[asyncio.Task[None]], flagging: asyncio.Task[None]) -> None:
    """Run endless tasks for some time, then cancel all but `flagging`; a failure of one ends all."""
    done, _ = await asyncio.wait([*tasks, flagging], timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        await task  # raises what ended it


async def _progress(system: System, traffic: Traffic, analysts: Analysts, say: Say) -> None:
    while True:
        await asyncio.sleep(SHOWN_S)
        kills = ", ".join(f"{name} {count}" for name, count in sorted(system.kills.items()))
        answers = ", ".join(f"{what} {count}" for what, count in sorted(analysts.answers.items()))
        sent = f"{traffic.sent:,} payments sent, {traffic.again:,} of them again"
        say(f"{sent}; kills: {kills or 'none'}; {answers or 'no answers yet'}")


async def _finished(
    system: System, traffic: Traffic, analysts: Analysts, flagging: asyncio.Task[None]
) -> None:
    """Wait until the last request is answered, and the number of recorded scores stands still."""
    analysts.stopping.set()
    deadline, before = time.monotonic() + FINISH_S, -1
    while True:
        system.start_missing()
        now = await asyncio.to_thread(recorded, system.settings)
        if flagging.done() and now >= traffic.sent and now == before:
            await flagging  # raises what ended it
            return
        if time.monotonic() > deadline:
            raise NotFinished(
                f"{FINISH_S:g} s after the last kill {now:,} of {traffic.sent:,} scores are recorded, "
                f"and the last request is {'' if flagging.done() else 'not '}answered"
            )
        before = now
        await asyncio.sleep(_LOOK_S)


def _figures(
    system: System, analysts: Analysts, proof: Proof, *, minutes: float, rate: float, seed: int
) -> dict[str, Any]:
    return {
        "machine": {"cores": os.cpu_count()},
        "minutes": minutes,
        "rate": rate,
        "seed": seed,
        "kills": dict(sorted(system.kills.items())),
        "kills_together": sum(system.kills.values()),
        "answers": dict(sorted(analysts.answers.items())),
        **asdict(proof),
    }
