"""The scorer's composition root: settings in, a Faust app out."""

import os
import socket
import time
from collections.abc import Iterable
from typing import Any, cast

import faust
from aiokafka import TopicPartition
from mode import Service

from contracts.dead_letter import REASONS
from contracts.heartbeat import HEARTBEATS, beat_event_loop
from contracts.interpreter import keep_what_is_loaded
from contracts.metrics import scorer as metrics
from contracts.metrics.first_samples import begin_at_zero
from contracts.metrics.retention import DELETED_UNREAD
from contracts.signing.trust import Trust
from contracts.tracing.spans import Spans, spans_of
from control.keys import ControlKey
from control.log_reader import ControlLog
from features.rejects import RejectReason
from settings import Settings
from stream.partition.acknowledger import Acknowledger
from stream.partition.manager import PartitionManager
from stream.partition.stage import SURPRISE_LEVELS, ScoredCounts, Work
from stream.transport import driver
from stream.transport.credentials import faust_credentials
from stream.wiring import Wiring

# The consumer's thread sends heartbeats; at a third of the timeout two may be lost.
HEARTBEATS_PER_SESSION = 3
# The group drops a worker that polls nothing for this long; to recover a large partition takes 60 s at most.
POLL_INTERVAL_S = 300.0
# A broker that is cut off answers nothing; this long, its partitions wait until their new leader is asked. A
# request to join the group may take the session timeout, so twice that is allowed at least.
REQUEST_TIMEOUT_S = 15.0
STUCK_S = 120.0  # seconds without a turn of the event loop; to compile kernels anew takes up to 60 s


class Surroundings(Service):
    """The control log, and the connection of the wiring: partitions need both as long as the app runs.

    Started before the partitions and stopped after them.
    """

    def __init__(self, control: ControlLog, wiring: Wiring, timeout_s: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._control = control
        self._wiring = wiring
        self._timeout_s = timeout_s

    async def on_start(self) -> None:
        self.add_future(beat_event_loop("event loop", within_s=STUCK_S))
        HEARTBEATS.await_ready("the control log")
        await self._control.start(timeout_s=self._timeout_s)
        HEARTBEATS.ready("the control log")
        keep_what_is_loaded()
        self.add_future(self._control.failed())

    async def on_stop(self) -> None:
        await self._control.stop()
        await self._wiring.close()


def build_app(settings: Settings, key: ControlKey, trust: Trust) -> faust.App:
    """Make the Faust app that scores; run it with `faust.Worker`.

    Args:
        settings: all settings.
        key: verifies the control log.
        trust: signs acknowledgements.

    Returns:
        The app.
    """
    driver.register(settings.stream.unpacked_bytes)
    metrics.BUDGET.set(settings.budget.alert_rate)
    for reason in (*(reason.name.lower() for reason in RejectReason), *REASONS):
        metrics.DEAD_LETTERS.labels(reason)  # starts at 0, so that rates count the first one
    app = faust_app(settings)
    control = ControlLog(settings.broker, settings.topics.control, key)

    def consumer() -> driver.BatchFaustConsumer:
        return cast(driver.BatchFaustConsumer, app.consumer)

    spans = spans_of(settings.tracing.endpoint, settings.topics.transactions, "worker")

    def on_done(partition: TopicPartition, work: Work) -> None:
        _note_done(partition, work)
        if spans is not None:
            _trace(spans, partition, work)

    wiring = Wiring(settings, control, consumer, on_done)
    partitions = PartitionManager(
        consumer,
        wiring.worker,
        wiring.commits,
        checkpoint_every_s=settings.stream.checkpoint_interval_s,
        rejoin_s=2 * settings.stream.session_timeout_s,
        topics=wiring.inputs,
        numbers=settings.topics.partitions,
        prepare=wiring.prepare,
    )
    app.add_dependency(Surroundings(control, wiring, settings.broker.start_timeout_s))
    app.add_dependency(partitions)
    app.add_dependency(_acknowledger(settings, control, partitions, wiring.inputs[-1], trust))
    begin_at_zero(DELETED_UNREAD, *wiring.inputs)
    for topic in wiring.inputs:
        add_agent(app, topic, partitions)
    follow_assignment(app, partitions)
    return app


def faust_app(settings: Settings) -> faust.App:
    """Make a Faust app over the batch transport from the settings, without agents."""
    session = settings.stream.session_timeout_s
    settings.var.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        settings.stream.group,
        broker=f"{driver.SCHEME}://{settings.broker.bootstrap}",
        broker_credentials=faust_credentials(settings.broker),
        store="memory://",
        key_serializer="raw",
        value_serializer="raw",
        datadir=settings.var / "faust",
        topic_partitions=settings.topics.partitions,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        stream_wait_empty=False,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=settings.stream.fetch_kib * 1024,
        broker_session_timeout=session,
        broker_heartbeat_interval=session / HEARTBEATS_PER_SESSION,
        broker_rebalance_timeout=session,
        broker_request_timeout=max(REQUEST_TIMEOUT_S, 2 * session),
        broker_max_poll_interval=POLL_INTERVAL_S,
    )
    # Nothing goes through Faust's producer, and it would end a worker that starts while the broker is away.
    app.boot_strategy.enable_kafka_producer = False
    return app


def _acknowledger(
    settings: Settings, control: ControlLog, partitions: PartitionManager, scores_on: str, trust: Trust
) -> Acknowledger:
    worker = f"{socket.gethostname()}-{os.getpid()}"
    topics = settings.topics
    return Acknowledger(settings.broker, topics.control_acks, worker, scores_on, control, partitions, trust)


def add_agent(app: faust.App, topic: str, partitions: PartitionManager) -> None:
    """Add an agent that passes on the batches of each poll whose first one is of `topic`."""
    source = app.topic(topic, value_type=None)

    async def pass_on(stream: Any) -> None:
        async for event in stream.events():
            partitions.submit(event.value)

    app.agent(source, name=f"process-{topic}")(pass_on)


def follow_assignment(app: faust.App, partitions: PartitionManager) -> None:
    """Connect `partitions` to the group's assignments and revocations, and to the worker's shutdown."""

    async def on_assigned(_: Any, assigned: Iterable[TopicPartition], **__: Any) -> None:
        await partitions.on_assigned(assigned)

    async def on_revoked(_: Any, revoked: Iterable[TopicPartition], **__: Any) -> None:
        await partitions.on_revoked(revoked)

    async def on_end(_: Any, **__: Any) -> None:
        # Faust stops the consumer, which commits places, before the services that started earlier.
        await partitions.hand_all_back()

    handlers: Any = ((app.on_partitions_assigned, on_assigned), (app.on_partitions_revoked, on_revoked))
    for signal, handler in (*handlers, (app.on_before_shutdown, on_end)):
        signal.connect(handler, weak=False)


def _note_done(partition: TopicPartition, work: Work) -> None:
    """Count a committed batch in the metrics."""
    metrics.TRANSACTIONS.labels(partition.topic).inc(work.transactions)
    if work.transactions:
        metrics.BATCH_TRANSACTIONS.labels(partition.topic).observe(work.transactions)
    metrics.MISPLACED.inc(work.misplaced)
    metrics.REPEATED.inc(work.repeated)
    metrics.IDS_FORGOTTEN.inc(work.forgotten)
    for reason, count in work.rejected.items():
        metrics.DEAD_LETTERS.labels(reason).inc(count)
    if work.oldest_arrival is not None:
        latency = metrics.SCORE_SECONDS if work.scored else metrics.STAGE_SECONDS.labels(partition.topic)
        latency.observe(max(0.0, time.time() - work.oldest_arrival))
    if work.scored is not None:
        _note_scored(work.scored)


def _trace(spans: Spans, partition: TopicPartition, work: Work) -> None:
    """Export an OpenTelemetry span of each sampled transaction that is committed."""
    ended, attributes = time.time(), {"topic": partition.topic, "transactions": work.transactions}
    spans.stage(f"stage {partition.topic}", work.traced, work.began, ended, attributes)
    if work.scored is not None:
        spans.scored(work.traced, ended)


def _note_scored(scored: ScoredCounts) -> None:
    for scorer, count in scored.alerts.items():
        metrics.ALERTS.labels(scorer).inc(count)
    for level, count in zip(SURPRISE_LEVELS, scored.surprising, strict=True):
        metrics.SURPRISING.labels(str(level)).inc(count)
