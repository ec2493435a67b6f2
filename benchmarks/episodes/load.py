"""Episodes in turn while payments flow: from a flag to a live detector, and what a swap costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.episodes.swaps import Seen, everywhere, mixed, p99_ratio, swapped
from benchmarks.episodes.system import (
    ask,
    ask_until_up,
    frauds_by_family,
    shares,
    under_load,
    wait_until_recorded,
)
from benchmarks.stream.setup import SECRET
from contracts.answer import Answer
from contracts.request_client import FeedbackClient
from contracts.signing.principals import COMMAND_LINE
from contracts.signing.trust import Trust
from flagfive.demo.observer import Observer
from settings import Settings
from simulate.patterns import HELD_OUT
from storage import UnitOfWork, open_engine

FLAGS = (1, 3, 5, 10, 20)
"""Flagged transactions of an episode, in turn."""
ONLY_THE_FAST_ONE = {"FLAGFIVE_ADAPTATION__MOST_REFINED": "0"}
"""A rollback would restore the version before the refined one, and the figures are of the fast one."""


@dataclass
class Outcome:
    """Answers to all episodes, and to the rollbacks after them."""

    flagged: list[Answer] = field(default_factory=list)
    rolled_back: list[Answer] = field(default_factory=list)
    undisturbed_ms: list[float] = field(default_factory=list)
    """Moments at least a second from any swap; their p99 ratio shows the noise."""

    @property
    def live(self) -> list[Answer]:
        """Return the answers of the episodes whose detectors went live."""
        return [answer for answer in self.flagged if answer.status == "live"]


def measure(
    broker: str, folder: Path, episodes: int, rate: float, say: Callable[[str], None]
) -> dict[str, Any]:
    """Return figures of `episodes` episodes in sequence; each is rolled back once it is live."""
    flag_all = partial(_episodes, episodes=episodes, say=say)
    frauds = len(HELD_OUT) * max(FLAGS)
    outcome, seen, settings = under_load(broker, folder, rate, say, flag_all, frauds, ONLY_THE_FAST_ONE)
    return _figures(settings, outcome, seen)


def _episodes(settings: Settings, observer: Observer, episodes: int, say: Callable[[str], None]) -> Outcome:
    outcome, random = Outcome(), np.random.default_rng(3)
    engine = open_engine(settings.storage.url)
    trust = Trust.derived(SECRET.encode(), COMMAND_LINE)
    with FeedbackClient(settings.broker, settings.topics.feedback, trust) as client:
        ask_until_up(client)
        # The first episode waits for sampled and scored traffic and for kernels, so it is not counted.
        for number in range(-1, episodes):
            family = list(HELD_OUT)[number % len(HELD_OUT)]
            # Skip the latest five, which the scorer may not have finished yet.
            recent = frauds_by_family(observer)[family][:-5][-400:]
            chosen = random.choice(recent, min(FLAGS[number % len(FLAGS)], len(recent)), replace=False)
            answer = ask(client, "flag", name=f"{family} {number}", fraud=tuple(map(str, chosen)))
            say(f"episode {number + 1}, {len(chosen)} flags: {answer.status} {answer.message}")
            if number >= 0:
                outcome.flagged.append(answer)
            if answer.status == "live" and answer.control_offset is not None:
                wait_until_recorded(engine, answer.control_offset)
                time.sleep(1.0)  # keeps the second after the swap free of requests
                back = ask(client, "rollback", name=f"detector/{answer.detector_id}")
                outcome.rolled_back += [back] if number >= 0 else []
                time.sleep(1.0)
            if number >= 0:
                outcome.undisturbed_ms.append(_undisturbed())
    return outcome


def _undisturbed() -> float:
    """Return a moment in ms with no request in the second before and after it."""
    time.sleep(1.0)
    now = time.time() * 1e3
    time.sleep(1.0)
    return now


def _figures(settings: Settings, outcome: Outcome, seen: list[Seen]) -> dict[str, Any]:
    with UnitOfWork(open_engine(settings.storage.url), reads_only=True) as unit:
        details = [
            unit.episodes.find_with_status(a.detector_id or "", "retired", "live") for a in outcome.live
        ]
        propose = [one.details for one in details if one is not None]
    offsets = [a.control_offset for a in outcome.live if a.control_offset is not None]
    rollbacks = [a.flag_to_live_ms for a in outcome.rolled_back if a.flag_to_live_ms is not None]
    return {
        "episodes": len(outcome.flagged),
        "went_live": len(outcome.live),
        "flag_to_live_ms": shares([a.flag_to_live_ms for a in outcome.live if a.flag_to_live_ms is not None]),
        "flag_to_adapted_ms": shares(
            [a.flag_to_adapted_ms for a in outcome.live if a.flag_to_adapted_ms is not None]
        ),
        "adapt_ms": shares([one["propose_ms"] for one in propose]),
        "adapt_cpu_ms": shares([one["propose_cpu_ms"] for one in propose]),
        "swap_p99_ratio": p99_ratio(seen, [swapped(seen, offset) for offset in offsets]),
        "no_swap_p99_ratio": p99_ratio(seen, [everywhere(seen, at) for at in outcome.undisturbed_ms]),
        "rollback_ms": shares(rollbacks),
        "mixed_version_batches": mixed(seen),
        "batches": len(seen),
        "transactions": sum(len(batch.took_ms) for batch in seen),
    }
