"""Builds one gateway from its parts, and runs it until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import time

from sqlalchemy import Engine

from contracts.decision import Decision
from contracts.heartbeat import HEARTBEATS, beat_event_loop
from contracts.interpreter import keep_what_is_loaded
from contracts.metrics import decisions as metrics
from contracts.stage_batch import BatchFormat
from decisions.access import Access, Anyone
from decisions.answer import Policy
from decisions.correlator import Correlator
from decisions.http.application import Application
from decisions.http.asking import id_reader
from decisions.intake import Intake
from decisions.limit import Limit
from decisions.lookup import DatabaseLookup
from decisions.recent import Recent
from decisions.serving import LISTENING, serve
from decisions.tokens import StoredTokens
from decisions.topics.reader import READY, ScoreReader
from decisions.topics.writer import TransactionWriter
from features.decode import Decoder
from settings import Settings

log = logging.getLogger(__name__)

LOOP, STUCK_S = "event loop", 30.0
SWEEP_S = 1.0
TARGET_SHARE = 0.5
"""Part of the default deadline within which a score shall come; the rest is for spikes."""


async def run_gateway(settings: Settings, decoder: Decoder, form: BatchFormat, engine: Engine) -> None:
    """Answer requests until the task is cancelled.

    1. Begin to read scores. 2. Connect the producer. 3. Listen. At the end, in reverse: requests under way
    get their answers or fallbacks, and what was taken in is written.

    Args:
        settings: the settings.
        decoder: reads transactions as the scorer does.
        form: format of the scored batches.
        engine: the database.
    """
    loop, own, topics = asyncio.get_running_loop(), settings.decisions, settings.topics
    policy = Policy(Decision[own.fallback.upper()])
    limit = Limit(own.at_once, TARGET_SHARE * own.deadline_ms / 1000, loop.time)
    correlator = Correlator(Recent(own.remember), policy, limit, loop)
    lookup = DatabaseLookup(engine, policy)
    writer = TransactionWriter(settings.broker, topics.transactions)
    intake = Intake(decoder, correlator, limit, lookup, writer, loop)
    access = (
        Access(StoredTokens(engine), own.token_seconds, time.monotonic) if own.access == "token" else Anyone()
    )
    id_of = id_reader(settings.transaction.id)
    application = Application(intake, policy, access, own, loop, id_of)
    reader = ScoreReader(
        settings.broker,
        topics.transactions,
        topics.scored,
        topics.alerts,
        topics.dead_letters,
        topics.partitions,
        form,
        correlator,
    )
    await writer.start()
    keep_what_is_loaded()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(beat_event_loop(LOOP, within_s=STUCK_S))
            tasks.create_task(reader.run())
            tasks.create_task(intake.run())
            tasks.create_task(_sweep(correlator, limit))
            tasks.create_task(serve(application, own))
    finally:
        await writer.stop()
        lookup.close()


def await_ready() -> None:
    """Count the process as not ready until it reads scores and listens."""
    HEARTBEATS.await_ready(READY)
    HEARTBEATS.await_ready(LISTENING)


async def _sweep(correlator: Correlator, limit: Limit) -> None:
    """Once a second: forget lost transactions, and show how many are under way."""
    while True:
        correlator.forget_lost()
        metrics.DECISIONS_UNDER_WAY.set(limit.under_way)
        metrics.DECISIONS_LIMIT.set(limit.limit)
        await asyncio.sleep(SWEEP_S)
