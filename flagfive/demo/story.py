"""What happens in a demo, step by step."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from contracts.answer import Answer
from contracts.request import Request
from contracts.request_client import FeedbackClient
from flagfive.demo.figures import Figures, figures_of
from flagfive.demo.observer import Observer
from flagfive.demo.traffic import DemoTraffic
from flagfive.demo.view import View
from flagfive.errors import UserError
from settings import Settings

FLAGGED = 5
PATTERN_SHARE = 0.003  # of payments: a wave, yet rarer than known fraud
# Enough of the pattern to tell 5% from 50% before the flag, and a share within 10 points after it.
BEFORE, AFTER = 60, 100
GENUINE_AFTER = 20_000  # at a budget of 0.1%: 20 false alarms, so that their rate can be told
_PATIENCE_S = 120.0
_ANSWER_WITHIN_S = 60.0
_POLL_S = 0.05

LINES = {
    "warm": "{sent:,} payments of {days} days have passed: every card and merchant has a profile",
    "live": "live traffic, {rate:,.0f} payments a second; of known fraud the base catches {known:.0%}",
    "begins": "a new pattern begins, [b]{pattern}[/b]: {recipe}",
    "slips": "it slips through: [b red]{caught} of {seen}[/b red] caught",
    "flag": "an analyst flags [b]five[/b] of them, of five cards, as one episode",
    "draft": "the gate keeps it as a draft ({why}); the analyst flags [b]five more[/b]",
    "adapted": "detector adapted after {adapted:,.0f} ms, [b]live on {live} of {of} partitions after "
    "{ms:,.0f} ms[/b]",
    "caught": "the rest is caught: [b green]{caught} of {seen}[/b green], {rate:.3%} false alarms (budget "
    "{budget:.2%}), [b]{money:,.0f} EUR held[/b]",
}


class StoryStuck(UserError):
    """Something the story waits for did not happen."""


@dataclass
class Story:
    """Plays the story on a stage that is set.

    Args:
        traffic: sends payments; live traffic goes on in the background.
        recipe: what the new pattern does, in words.
    """

    settings: Settings
    traffic: DemoTraffic
    observer: Observer
    view: View
    recipe: str

    async def play(self) -> Figures:
        """From the first live payment to the figures. Raises StoryStuck."""
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
        self.view.start_step("the pattern goes on")
        await self._wait_until(self._has_slipped, f"{BEFORE} payments of the pattern")
        seen = self.observer.before.pattern
        self._print_line("slips", caught=seen.alerted, seen=seen.seen)

    async def _ask_with(self, flags: int) -> Answer | None:
        """Flag the first payments of the pattern that passed, each of another card."""
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
            told = "no answer" if answer is None else f"{answer.status}: {answer.message}"
            raise StoryStuck(f"the episode did not become a live detector: {told}")
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
        """Return once the adaptation worker answers: asked about no payment there is, it says just that."""
        nothing = ("no-such-payment",)
        request = Request(str(uuid.uuid4()), "label", author="demo", time=time.time(), fraud=nothing)
        if await asyncio.to_thread(self._ask, request) is None:
            raise StoryStuck(
                f"no answer of the adaptation worker within {_ANSWER_WITHIN_S:.0f} s; see adapter.log"
            )

    def _ask(self, request: Request) -> Answer | None:
        with FeedbackClient(self.settings.broker.bootstrap, self.settings.topics.feedback) as client:
            return client.ask(request, timeout_s=_ANSWER_WITHIN_S)

    async def _is_caught(self) -> None:
        self.view.start_step("the pattern goes on")
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
        """Stop sending and see that every payment has its score."""
        self.traffic.pause()
        await self._wait_until(lambda: self.observer.scored >= self.traffic.sent, "the last payments' scores")
        self.traffic.resume()

    def _print_line(self, line: str, **values: object) -> None:
        self.view.finish_step(LINES[line].format(**values))

    async def _wait_until(self, condition: Callable[[], bool], what: str) -> None:
        await wait_until(condition, what)


async def wait_until(condition: Callable[[], bool], what: str, within_s: float = _PATIENCE_S) -> None:
    """Return once `condition` holds. Raises StoryStuck after the time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise StoryStuck(f"waited {within_s:.0f} s for {what}, in vain; the logs are in var/log")
        await asyncio.sleep(_POLL_S)
