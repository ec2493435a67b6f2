"""Set the stage, play the story, show it."""

import asyncio
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.live import Live

from control.acknowledgements import AckWatch
from flagfive.demo.base import put_base_in_force
from flagfive.demo.cold_start import delete_cold_start
from flagfive.demo.console import start_console
from flagfive.demo.figures import Figures
from flagfive.demo.observer import Observer, follow_scores
from flagfive.demo.stage import Verb, start_broker, start_verbs
from flagfive.demo.story import LINES, Story, StoryStuck, wait_until
from flagfive.demo.traffic import DemoTraffic
from flagfive.demo.view import View
from flagfive.processes import Processes
from settings import Settings
from simulate.patterns import HELD_OUT
from simulate.traffic import SimulatedTraffic
from stream.feed.feed import Feed
from stream.wiring import transaction_schema

# Three times the simulator's usual portfolio: at 3,000 payments a second an hour passes in 0.4 s. With fewer
# people event time would run so fast that what is in flight at once would reach merchants hours out of order.
CARDS, MERCHANTS = 15_000, 2_400
HISTORY_DAYS = 14.0
COLD_DAYS = 7.0  # in which profiles fill: everybody is new, which looks like fraud and is no measure of it
_DRAW_PER_S = 8
_MEASURE_S = 1.0
# A first start compiles the kernels, which takes a minute on a slow machine.
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
) -> Figures:
    """Play the story; without `once`, go on until interrupted. Returns its figures."""
    pattern = next(iter(HELD_OUT.values()))
    observer = Observer(pattern.name)
    view = View(observer, settings.budget.alert_rate, Console())
    with Live(view, console=view.console, refresh_per_second=_DRAW_PER_S) as live:
        live.auto_refresh = view.console.is_terminal
        start_broker(settings, processes, view.start_step)
        view.start_step("starting scorer, recorder and adaptation worker")
        start_verbs(settings, processes, command, [Verb("worker"), Verb("recorder")])
        if not once:
            view.finish_step(
                "the console, in a moment; this link signs you in once:\n"
                + start_console(settings, processes, command)
            )
            # For the console's page of monitoring; the story itself ends before there is anything to compare.
            start_verbs(settings, processes, command, [Verb("monitor")])

        def start_adapter() -> None:
            start_verbs(settings, processes, command, [Verb("adapter", ("--device", device))])

        async with Feed(settings.broker.bootstrap, settings.topics.transactions) as feed:
            schema, people = transaction_schema(settings), SimulatedTraffic(seed, CARDS, MERCHANTS)
            traffic = DemoTraffic(people, schema, feed, observer, HISTORY_DAYS, rate)
            story = Story(settings, traffic, observer, view, pattern.recipe)
            try:
                return await _perform(settings, processes, story, start_adapter, once=once)
            except BaseExceptionGroup as group:  # of the story and its background: the first says why
                raise group.exceptions[0] from None


async def _perform(
    settings: Settings, processes: Processes, story: Story, start_adapter: Callable[[], None], *, once: bool
) -> Figures:
    topics, bootstrap = settings.topics, settings.broker.bootstrap
    scores = follow_scores(bootstrap, topics.scores, topics.partitions, story.observer)
    async with asyncio.TaskGroup() as group:
        background = [group.create_task(scores), group.create_task(_watch(story.view, processes))]
        await _warm_up(settings, story)
        story.view.start_step("starting the adaptation worker")
        await asyncio.to_thread(delete_cold_start, settings, story.traffic.sent, COLD_DAYS)
        start_adapter()
        await story.adapter_answers()
        background.append(group.create_task(story.traffic.run_live()))
        figures = await story.play()
        if not once:
            story.view.start_step("the stream goes on; Ctrl-C ends everything")
            await asyncio.gather(*background)
        for task in background:
            task.cancel()
    return figures


async def _warm_up(settings: Settings, story: Story) -> None:
    """Put the base in force on ordinary payments of a history, send that history, wait until it is scored."""
    view, traffic, observer = story.view, story.traffic, story.observer
    view.start_step(f"drawing the payments of {traffic.days:.0f} days")
    genuine = await asyncio.to_thread(traffic.draw_history)
    # Before the first payment: a scorer that waits for its base lets a backlog grow, and works it off with
    # partitions hours apart in event time, so that merchants learn a rhythm that live traffic does not have.
    view.start_step("waiting until the scorer has the base")
    await asyncio.to_thread(_base_is_live, settings, genuine)
    await traffic.send_history(lambda sent: view.start_step(f"{sent:,} payments of the past sent"))

    def scored() -> bool:
        view.start_step(f"profiles are being built: {observer.scored:,} of {traffic.sent:,} payments scored")
        return observer.scored >= traffic.sent

    await wait_until(scored, "the history to be scored", _WARM_WITHIN_S)
    view.finish_step(LINES["warm"].format(sent=traffic.sent, days=f"{traffic.days:.0f}"))


def _base_is_live(settings: Settings, genuine: NDArray[np.float32]) -> None:
    """Put the base in force; returns once every partition scores under it. Raises StoryStuck."""
    topics = settings.topics
    watch = AckWatch(settings.broker.bootstrap, topics.control_acks, topics.partitions)
    try:
        progress = watch.wait(put_base_in_force(settings, genuine), timeout_s=_WARM_WITHIN_S)
    finally:
        watch.close()
    if not progress.complete:
        raise StoryStuck(f"the base is {progress} after {_WARM_WITHIN_S:.0f} s; see worker.log")


async def _watch(view: View, processes: Processes) -> None:
    """Measure the rate, and end the demo with the log's end if a process of it ends."""
    while True:
        processes.check()
        view.measure()
        await asyncio.sleep(_MEASURE_S)
