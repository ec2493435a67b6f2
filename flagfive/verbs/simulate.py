"""`flagfive simulate`: send simulated card traffic with known fraud."""

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

# Live event time runs faster than the clock, and future event times are refused, so it begins in the past.
_BEGINS_AGO_S = 300 * 86_400.0
_DAY_S = 86_400.0
_TAKE = 2_048  # live payments generated at a time


@dataclass(frozen=True, slots=True)
class _Live:
    """Options of the live part: payments a second, duration in seconds, and a pattern with its share."""

    rate: float
    seconds: float
    pattern: str | None
    share: float


@app.command(
    epilog="Example: flagfive simulate --days 30 --live --rate 2000 --pattern night_fuel --share 0.01"
)
def simulate(
    context: typer.Context,
    days: Annotated[float, typer.Option(min=0, max=3_650, help="Days of history to send first.")] = 30,
    live: Annotated[bool, typer.Option("--live", help="Continue with live traffic until Ctrl-C.")] = False,
    rate: Annotated[float, typer.Option(min=1, max=1e6, help="Live payments a second.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=0, help="Seconds after which the live part ends.")] = float(
        "inf"
    ),
    pattern: Annotated[str | None, typer.Option(help="Fraud pattern that starts with the live part.")] = None,
    share: Annotated[
        float, typer.Option(min=0.0001, max=0.4, help="Share of the pattern among live payments.")
    ] = 0.01,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the cards and merchants.")] = 7,
    cards: Annotated[int, typer.Option(min=100, max=5_000_000, help="Number of cards.")] = 5_000,
    truth: Annotated[
        Path | None, typer.Option(help="Parquet file for the truth: which transactions are fraud.")
    ] = None,
) -> None:
    """Send a history of genuine payments and known fraud, then live traffic.

    The history is sent as fast as the broker takes it. Live event time begins 300 days ago and runs as fast
    as --rate requires for cards to pay as often as in the history. Only the --truth file says which
    transactions are fraud; no message does.
    """
    import asyncio

    from flagfive.metrics_page import serve_metrics
    from simulate.patterns import EVERY
    from simulate.traffic import SimulatedTraffic

    if pattern is not None and not (live and pattern in EVERY):
        raise UserError(f"--pattern {pattern}: needs --live and one of {', '.join(EVERY)}")
    settings = settings_of(context)
    serve_metrics(settings, "feed")
    wanted = _Live(rate, seconds, pattern, share) if live else None
    sent = asyncio.run(_send_all(settings, SimulatedTraffic(seed, cards), days, wanted, truth))
    print(f"{sent:,} payments sent" + (f"; {truth} says which are fraud" if truth else ""))


@dataclass
class _Sender:
    """Sends chunks, writes their truth, and reports progress."""

    feed: Feed
    schema: TransactionSchema
    truth: TruthFile | None
    report: Callable[[str, int, int], None]
    sent: int = 0

    async def send(self, chunk: Chunk, stage: str) -> None:
        from stream.feed.rows import RowEncoder

        if self.truth is not None:  # before sending, so that every sent payment has its truth in the file
            self.truth.add(chunk)
        await self.feed.send(*RowEncoder(self.schema).encode(chunk.fields(self.schema)))
        self.sent += len(chunk)
        self.report(f"sending payments, {stage}", self.sent, 0)


async def _send_all(
    settings: Settings, traffic: SimulatedTraffic, days: float, live: _Live | None, truth: Path | None
) -> int:
    from contextlib import nullcontext

    from flagfive.progress import shown_progress
    from simulate.truth import TruthFile
    from stream.feed.feed import Feed
    from stream.wiring import transaction_schema

    begin = time.time() - _BEGINS_AGO_S
    with shown_progress() as show, TruthFile(truth) if truth else nullcontext() as noted:
        async with Feed(settings.broker, settings.topics.transactions) as feed:
            schema = transaction_schema(settings)
            sender = _Sender(feed, schema, noted, show)
            await _send_history(sender, traffic.history(begin - days * _DAY_S, days))
            if live is not None:
                await _send_live(sender, traffic, begin, live)
    return sender.sent


async def _send_history(sender: _Sender, chunks: Iterable[Chunk]) -> None:
    for chunk in chunks:
        await sender.send(chunk, "history")


async def _send_live(sender: _Sender, traffic: SimulatedTraffic, begin: float, wanted: _Live) -> None:
    """Send until the time is over, or until event time reaches the present."""
    from stream.feed.pace import Pace

    live = traffic.live(begin)
    if wanted.pattern is not None:
        live.start_pattern(wanted.pattern, wanted.share)
    pace, until = Pace(wanted.rate), time.monotonic() + wanted.seconds
    while time.monotonic() < until and live.now < time.time():
        await sender.send(live.take(await pace.allow(_TAKE)), "live")
