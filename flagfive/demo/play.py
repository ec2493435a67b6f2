"""Runs the demo: starts the processes, plays the story and shows it."""

import asyncio
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live

from contracts.signing.principals import COMMAND_LINE
from control.acknowledgements import AckWatch
from flagfive.demo.analyst import StandInAnalyst
from flagfive.demo.base import put_base_in_force
from flagfive.demo.cold_start import delete_cold_start
from flagfive.demo.console import start_console
from flagfive.demo.drift_story import DRIFT_HISTORY_DAYS, DRIFT_PART, DriftStory
from flagfive.demo.figures import StoryFigures
from flagfive.demo.observer import Observer, follow_scores
from flagfive.demo.prometheus import start_prometheus
from flagfive.demo.stage import Verb, start_broker, start_verbs
from flagfive.demo.story import LINES, Story, StoryStuck, wait_until
from flagfive.demo.traffic import HISTORY_RATE, DemoTraffic
from flagfive.demo.view import View
from flagfive.demo.visitor import offer_flags
from flagfive.keys import trust_of
from flagfive.processes import Processes
from settings import Settings
from simulate.patterns import Pattern
from simulate.traffic import SimulatedTraffic
from stream.feed.feed import Feed
from stream.wiring import transaction_schema

# Three times the usual number of cards: at 3,000 payments a second, an hour of event time passes in 0.4 s.
# With fewer cards event time would run so fast that payments in flight would reach merchants hours out of
# order.
CARDS, MERCHANTS = 15_000, 2_400
HISTORY_DAYS = 14.0
COLD_DAYS = 7.0  # days to keep; before that profiles fill, and new cards and merchants look like fraud
# A day of event time passes in 10 s, so rounds a minute apart would be days apart.
_MONITOR = {"FLAGFIVE_MONITORING__EVERY_S": "5"}
_DRAW_PER_S = 8
_MEASURE_S = 1.0
# The first start compiles the kernels, which takes a minute on a slow machine.
_WARM_WITHIN_S = 300.0


async def play(
    settings: Settings,
    processes: Processes,
    command: Callable[..., list[str]],
    *,
    rate: float,
    device: str,
    seed: int,
    once: bool,
    pattern: Pattern,
    drift: bool = False,
    prometheus: str = "",
) -> StoryFigures:
    """Play a story.

    Args:
        settings: the settings of this demo.
        processes: the set of child processes.
        command: returns the command line of a verb.
        rate: live payments a second.
        device: device of the adaptation worker: auto, cpu or cuda.
        seed: seed of the cards and merchants.
        once: end after the story; otherwise continue until interrupted.
        pattern: the new fraud pattern.
        drift: play the story of a drift in place of that of five flags.
        prometheus: path of a Prometheus server to start; empty for none.

    Returns:
        The figures of the story.
    """
    observer, analyst = Observer(pattern.name), StandInAnalyst(settings)
    observer.notice = analyst.notice
    view = View(observer, settings.budget.alert_rate, Console())
    with Live(view, console=view.console, refresh_per_second=_DRAW_PER_S) as live:
        live.auto_refresh = view.console.is_terminal
        start_broker(settings, processes, view.start_step)
        view.start_step("starting scorer, recorder and adaptation worker")
        start_verbs(settings, processes, command, [Verb("worker"), Verb("recorder")])
        if not once:
            view.finish_step(
                "the console starts; this link signs you in once:\n"
                + start_console(settings, processes, command)
            )
        if drift or prometheus or not once:
            start_verbs(settings, processes, command, [Verb("monitor", environment=_MONITOR)])
        if prometheus:
            address = start_prometheus(settings, processes, prometheus)
            view.finish_step(f"Prometheus shows metrics and alerts: {address}")

        def start_adapter() -> None:
            start_verbs(settings, processes, command, [Verb("adapter", ("--device", device))])

        async with Feed(settings.broker, settings.topics.transactions) as feed:
            days, part = (DRIFT_HISTORY_DAYS, DRIFT_PART) if drift else (HISTORY_DAYS, 1)
            schema = transaction_schema(settings)
            people = SimulatedTraffic(seed, CARDS // part, MERCHANTS // part)
            traffic = DemoTraffic(people, schema, feed, observer, days, rate / part, HISTORY_RATE / part)
            kind = DriftStory if drift else Story
            story = kind(settings, traffic, observer, view, pattern.recipe)
            try:
                return await _perform(settings, processes, story, analyst, start_adapter, once=once)
            except BaseExceptionGroup as group:  # of story and background tasks; the first is the cause
                raise group.exceptions[0] from None


async def _perform(
    settings: Settings,
    processes: Processes,
    story: Story,
    analyst: StandInAnalyst,
    start_adapter: Callable[[], None],
    *,
    once: bool,
) -> StoryFigures:
    topics, broker = settings.topics, settings.broker
    scores = follow_scores(broker, topics.scores, topics.partitions, story.observer)
    async with asyncio.TaskGroup() as group:
        background = [group.create_task(scores), group.create_task(_watch(story.view, processes))]
        await _warm_up(settings, story)
        story.view.start_step("starting the adaptation worker")
        await asyncio.to_thread(delete_cold_start, settings, story.traffic.sent, COLD_DAYS)
        start_adapter()
        await story.adapter_answers()
        background.append(group.create_task(story.traffic.run_live()))
        if story.judged_meanwhile:
            background.append(group.create_task(analyst.work()))
        figures = await story.play()
        if not once:
            if not story.judged_meanwhile:
                background.append(group.create_task(offer_flags(settings, story.traffic, story.observer)))
                background.append(group.create_task(analyst.work()))
            story.view.start_step("the stream continues; Ctrl-C stops everything")
            await asyncio.gather(*background)
        for task in background:
            task.cancel()
    return figures


async def _warm_up(settings: Settings, story: Story) -> None:
    """Draw a history, put the base in force, send the history, and wait until it is scored."""
    view, traffic, observer = story.view, story.traffic, story.observer
    view.start_step(f"simulating the payments of {traffic.days:.0f} days")
    genuine = await asyncio.to_thread(traffic.draw_history)
    # The base must be in force before the first payment. Otherwise a backlog grows, partitions work it off
    # hours apart in event time, and merchants get a rhythm that live traffic does not have.
    view.start_step("waiting for the scorer to load the base")
    await asyncio.to_thread(_base_is_live, settings, genuine)
    await traffic.send_history(lambda sent: view.start_step(f"{sent:,} past payments sent"))

    def scored() -> bool:
        view.start_step(f"building profiles: {observer.scored:,} of {traffic.sent:,} payments scored")
        return observer.scored >= traffic.sent

    await wait_until(scored, "the history to be scored", _WARM_WITHIN_S)
    view.finish_step(LINES["warm"].format(sent=traffic.sent, days=f"{traffic.days:.0f}"))


def _base_is_live(settings: Settings, genuine: NDArray[np.float32]) -> None:
    """Put the base in force and wait until every partition scores under it; raises StoryStuck."""
    topics = settings.topics
    trust = trust_of(settings, COMMAND_LINE)
    watch = AckWatch(settings.broker, topics.control_acks, topics.partitions, trust)
    try:
        progress = watch.wait(put_base_in_force(settings, genuine), timeout_s=_WARM_WITHIN_S)
    finally:
        watch.close()
    if not progress.complete:
        raise StoryStuck(f"the base is only {progress} after {_WARM_WITHIN_S:.0f} s; see worker.log")


async def _watch(view: View, processes: Processes) -> None:
    """Measure the rate every second; a process that ends raises ProcessEnded and ends the demo."""
    while True:
        processes.check()
        view.measure()
        await asyncio.sleep(_MEASURE_S)
