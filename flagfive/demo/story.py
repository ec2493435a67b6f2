"""The story of a demo, step by step."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from contracts.answer import Answer
from contracts.request import Request
from contracts.request_client import FeedbackClient
from contracts.signing.principals import COMMAND_LINE
from flagfive.demo.figures import StoryFigures, figures_of
from flagfive.demo.observer import Observer
from flagfive.demo.traffic import DemoTraffic
from flagfive.demo.view import View
from flagfive.errors import UserError
from flagfive.keys import trust_of
from settings import Settings

FLAGGED = 5
PATTERN_SHARE = 0.003  # of payments: a wave, yet rarer than known fraud
# Payments of the pattern: enough to distinguish 5% from 50% before the flag, and to know recall within 10
# points after it.
BEFORE, AFTER = 60, 100
GENUINE_AFTER = 20_000  # 20 false alarms at a budget of 0.1%, enough to measure their rate
_PATIENCE_S = 120.0
_ANSWER_WITHIN_S = 60.0
_POLL_S = 0.05

LINES = {
    "warm": "{sent:,} payments of {days} days are scored: every card and merchant has a profile",
    "live": "live traffic runs at {rate:,.0f} payments a second; the base catches {known:.0%} of known fraud",
    "begins": "a new fraud pattern begins, [b]{pattern}[/b]: {recipe}",
    "slips": "it slips through: [b red]{caught} of {seen}[/b red] payments are caught",
    "flag": "an analyst flags [b]five[/b] payments of five cards as one episode",
    "draft": "the gate keeps the episode as a draft ({why}); the analyst flags [b]five more[/b]",
    "adapted": "the detector is adapted after {adapted:,.0f} ms and [b]live on {live} of {of} partitions "
    "after {ms:,.0f} ms[/b]",
    "caught": "the rest is caught: [b green]{caught} of {seen}[/b green] payments, {rate:.3%} false alarms "
    "(budget {budget:.2%}), [b]{money:,.0f} EUR held[/b]",
}


class StoryStuck(UserError):
    """A step of the story did not happen in time."""


@dataclass
class Story:
    """Plays the story; the processes of the demo must run."""

    settings: Settings
    traffic: DemoTraffic
    """Sends payments; live traffic runs in a background task."""
    observer: Observer
    view: View
    recipe: str
    """Description of the new pattern."""
    judged_meanwhile: ClassVar[bool] = False
    """Whether the stand-in analyst works during the story; else it begins when the story has ended."""

    async def play(self) -> StoryFigures:
        """Play from the first live payment to the figures.

        Returns:
            The figures.

        Raises:
            StoryStuck: a step did not happen in time, or the episode did not go live.
        """
        began, scored = time.monotonic(), self.observer.scored
        await self._live()
        await self._slips_through()
        answer = await self._flag()
        await self._is_caught()
        rate = (self.observer.scored - scored) / (time.monotonic() - began)
        await self._drained()
        return figures_of(
            self.observer,
            sent=self.traffic.sent,
            tx_per_s=rate,
            flag_to_adapted_ms=answer.flag_to_adapted_ms or 0.0,
            flag_to_live_ms=answer.flag_to_live_ms or 0.0,
            budget=self.settings.budget.alert_rate,
        )

    async def _live(self) -> None:
        self.view.start_step("live traffic begins")
        await self._wait_until(lambda: self.observer.before.known.seen >= BEFORE, f"{BEFORE} known frauds")
        self._print_line("live", rate=self.view.rate, known=self.observer.before.known.share)

    async def _slips_through(self) -> None:
        self.traffic.start_pattern(self.observer.pattern, PATTERN_SHARE)
        self._print_line("begins", pattern=self.observer.pattern.replace("_", " "), recipe=self.recipe)
        self.view.start_step("the pattern continues")
        await self._wait_until(self._has_slipped, f"{BEFORE} payments of the pattern")
        seen = self.observer.before.pattern
        self._print_line("slips", caught=seen.alerted, seen=seen.seen)

    async def _ask_with(self, flags: int) -> Answer | None:
        """Flag the first payments of the pattern that were not alerted, one of each card."""
        self.view.start_step("adapting")
        request = Request(
            request_id=str(uuid.uuid4()),
            kind="flag",
            author="demo",
            time=time.time(),
            name=self.observer.pattern.replace("_", " "),
            fraud=tuple(self.observer.missed.values())[:flags],
        )
        return await asyncio.to_thread(self._ask, request)

    async def _flag(self) -> Answer:
        self._print_line("flag")
        answer = await self._ask_with(FLAGGED)
        if answer is not None and answer.status == "draft":
            self._print_line("draft", why=answer.message)
            answer = await self._ask_with(2 * FLAGGED)
        if answer is None or answer.status != "live" or answer.control_offset is None:
            outcome = "no answer" if answer is None else f"{answer.status}: {answer.message}"
            raise StoryStuck(f"the episode did not become a live detector: {outcome}")
        self.observer.live_from = answer.control_offset
        self._print_line(
            "adapted",
            adapted=answer.flag_to_adapted_ms or 0.0,
            live=answer.live,
            of=answer.partitions,
            ms=answer.flag_to_live_ms or 0.0,
        )
        return answer

    async def adapter_answers(self) -> None:
        """Wait until the adaptation worker answers a request about a payment that does not exist."""
        nothing = ("no-such-payment",)
        request = Request(str(uuid.uuid4()), "label", author="demo", time=time.time(), fraud=nothing)
        if await asyncio.to_thread(self._ask, request) is None:
            raise StoryStuck(
                f"the adaptation worker did not answer within {_ANSWER_WITHIN_S:.0f} s; see adapter.log"
            )

    def _ask(self, request: Request) -> Answer | None:
        trust = trust_of(self.settings, COMMAND_LINE)
        with FeedbackClient(self.settings.broker, self.settings.topics.feedback, trust) as client:
            return client.ask(request, timeout_s=_ANSWER_WITHIN_S)

    async def _is_caught(self) -> None:
        self.view.start_step("the pattern continues")
        await self._wait_until(self._has_measured, f"{AFTER} more payments of the pattern")
        after = self.observer.after
        self._print_line(
            "caught",
            caught=after.pattern.alerted,
            seen=after.pattern.seen,
            rate=after.genuine.share,
            budget=self.settings.budget.alert_rate,
            money=after.pattern.amount_alerted,
        )

    def _has_slipped(self) -> bool:
        return self.observer.before.pattern.seen >= BEFORE and len(self.observer.missed) >= FLAGGED

    def _has_measured(self) -> bool:
        after = self.observer.after
        return after.pattern.seen >= AFTER and after.genuine.seen >= GENUINE_AFTER

    async def _drained(self) -> None:
        """Pause sending and wait until every payment has its score."""
        self.traffic.pause()
        await self._wait_until(lambda: self.observer.scored >= self.traffic.sent, "the last payments' scores")
        self.traffic.resume()

    def _print_line(self, line: str, **values: object) -> None:
        self.view.finish_step(LINES[line].format(**values))

    async def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        await wait_until(condition, what)


async def wait_until(condition: Callable[[], bool], what: str, within_s: float = _PATIENCE_S) -> None:
    """Wait until a condition holds.

    Args:
        condition: called every 0.05 s.
        what: what is waited for, in words.
        within_s: seconds to wait.

    Raises:
        StoryStuck: the time passed first.
    """
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise StoryStuck(f"waited {within_s:.0f} s for {what} without success; see the logs in var/log")
        await asyncio.sleep(_POLL_S)
