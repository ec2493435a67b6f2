"""`flagfive simulate`: send simulated card traffic whose frauds are known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from features.schema import TransactionSchema
    from settings import Settings
    from simulate.chunk import Chunk
    from simulate.traffic import SimulatedTraffic
    from simulate.truth import TruthFile
    from stream.feed.feed import Feed

app = typer.Typer(add_completion=False)

# Live event time runs faster than the clock, and messages from the future are refused: so it begins long ago.
_BEGINS_AGO_S = 300 * 86_400.0
_DAY_S = 86_400.0
_TAKE = 2_048  # live payments made at a time


@dataclass(frozen=True, slots=True)
class _Live:
    """The live part: payments a second, for how many seconds, and a pattern with its share."""

    rate: float
    seconds: float
    pattern: str | None
    share: float


@app.command(
    epilog="Example: flagfive simulate --days 30 --live --rate 2000 --pattern night_fuel --share 0.01"
)
def simulate(
    context: typer.Context,
    days: Annotated[float, typer.Option(min=0, max=3_650, help="Days of history, sent first.")] = 30,
    live: Annotated[bool, typer.Option("--live", help="Then go on at --rate, until Ctrl-C.")] = False,
    rate: Annotated[float, typer.Option(min=1, max=1e6, help="Live payments a second.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=0, help="End the live part after that long.")] = float("inf"),
    pattern: Annotated[str | None, typer.Option(help="A pattern that begins as the live part does.")] = None,
    share: Annotated[float, typer.Option(min=0.0001, max=0.4, help="Its share of live payments.")] = 0.01,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other cards and merchants.")] = 7,
    cards: Annotated[int, typer.Option(min=100, max=5_000_000, help="How many cards there are.")] = 5_000,
    truth: Annotated[
        Path | None, typer.Option(help="Parquet file for what is fraud, by transaction.")
    ] = None,
) -> None:
    """Send a history of genuine payments and known frauds, and live traffic after it.

    The history goes out as fast as it is taken. Live event time passes as fast as --rate needs for cards to
    pay as often as in history, so it begins 300 days ago. What is fraud stands in the --truth file alone,
    never in a message.
    """
    import asyncio

    from flagfive.metrics_page import serve_metrics
    from simulate.patterns import EVERY
    from simulate.traffic import SimulatedTraffic

    if pattern is not None and not (live and pattern in EVERY):
        raise UserError(f"--pattern {pattern}: allowed with --live are {', '.join(EVERY)}")
    settings = settings_of(context)
    serve_metrics(settings, "feed")
    wanted = _Live(rate, seconds, pattern, share) if live else None
    sent = asyncio.run(_send_all(settings, SimulatedTraffic(seed, cards), days, wanted, truth))
    print(f"{sent:,} payments sent" + (f"; {truth} says which are fraud" if truth else ""))


@dataclass
class _Sender:
    """Sends chunks, notes their truth, and tells how far it is."""

    feed: Feed
    schema: TransactionSchema
    truth: TruthFile | None
    tell: Callable[[str], None]
    sent: int = 0

    async def send(self, chunk: Chunk, stage: str) -> None:
        from stream.feed.rows import RowEncoder

        if self.truth is not None:  # before it is sent: a payment that is out has its truth noted
            self.truth.add(chunk)
        await self.feed.send(*RowEncoder(self.schema).encode(chunk.fields(self.schema)))
        self.sent += len(chunk)
        self.tell(f"{stage}: {self.sent:,} payments sent")


async def _send_all(
    settings: Settings, traffic: SimulatedTraffic, days: float, live: _Live | None, truth: Path | None
) -> int:
    from contextlib import nullcontext

    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from simulate.truth import TruthFile
    from stream.feed.feed import Feed
    from stream.wiring import transaction_schema

    begin = time.time() - _BEGINS_AGO_S
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns) as progress, TruthFile(truth) if truth else nullcontext() as noted:
        task = progress.add_task("history")
        async with Feed(settings.broker.bootstrap, settings.topics.transactions) as feed:
            schema = transaction_schema(settings)
            sender = _Sender(feed, schema, noted, lambda text: progress.update(task, description=text))
            await _send_history(sender, traffic.history(begin - days * _DAY_S, days))
            if live is not None:
                await _send_live(sender, traffic, begin, live)
    return sender.sent


async def _send_history(sender: _Sender, chunks: Iterable[Chunk]) -> None:
    for chunk in chunks:
        await sender.send(chunk, "history")


async def _send_live(sender: _Sender, traffic: SimulatedTraffic, begin: float, wanted: _Live) -> None:
    """Send until the time is over, or until event time has caught up with the clock."""
    from stream.feed.pace import Pace

    live = traffic.live(begin)
    if wanted.pattern is not None:
        live.start_pattern(wanted.pattern, wanted.share)
    pace, until = Pace(wanted.rate), time.monotonic() + wanted.seconds
    while time.monotonic() < until and live.now < time.time():
        await sender.send(live.take(await pace.allow(_TAKE)), "live")
