"""The adaptation worker's process: reads `feedback`, handles each request, answers, and follows the acks.

It commits the offset of a request once the outcome is on the control log and in the database. A worker that
is killed before that reads the request again, which is harmless (`flag_steps` says why, step by step).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import msgspec
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata
from sqlalchemy import Engine

from adaptation.context import AdaptationContext
from adaptation.flag_steps import FlagStep, continue_after
from adaptation.going_live.pending_changes import PendingChanges
from adaptation.going_live.result import PendingChange
from adaptation.intake.admitting import Intake
from adaptation.intake.dispatch import TRANSIENT, handle
from adaptation.intake.refusing import Refusals
from adaptation.proposing.preparation import AdaptationNotReady, Preparation
from adaptation.proposing.recent_traffic import RecentTraffic
from adaptation.upkeep.list_additions import additions_of
from adaptation.upkeep.schedule import Upkeep
from contracts.answer import Answer
from contracts.answers_topic import answers_topic, create_topic
from contracts.broker import Broker, kafka_python_options
from contracts.heartbeat import HEARTBEATS
from contracts.outage import RECONNECT, Outage
from contracts.request_masking import masked
from contracts.signing.trust import Trust, Untrusted
from contracts.standing_policy import StandingPolicy
from contracts.tracing.spans import Spans
from control.acknowledgements import AckWatch
from control.announce import Announcer
from control.keys import ControlKey
from meta.device import CPU
from rules.lists.definition import DEFAULT_LIMITS, ListLimits
from rules.rule_set import warm_up

log = logging.getLogger(__name__)

WORK, BROKER = "requests and upkeep", "the broker"
STUCK_S = 900.0  # seconds without a turn; to refine a detector takes up to minutes without a GPU
IDLE_POLL_MS = 200
WAITING_POLL_MS = 10
RETRY_S = 0.5
CLOSE_MS = 1_000
SESSION_MS = 10_000
MOST_SKIPPED = 1_000
"""Records that are not admitted until their offset is committed: a commit takes longer than their check."""


@dataclass(frozen=True)
class AdaptationConfig:
    """Where the worker reads and writes, and how it decides.

    Attributes:
        group: Kafka consumer group of the workers.
        feedback: topic of requests; their answers go to `answers_topic(feedback)`.
        control: topic of the control log.
        control_acks: topic of acknowledgements.
        partitions: number of partitions that score; a detector is live when all have acknowledged it.
        adapter: name of an adapter in meta/adapters.
        policy: the policy that the settings file states.
        device: where torch computes, as `chosen_device` returns it.
        fresh_s: seconds that may lie between the signature of a request and its arrival at the broker.
        lists: how much named lists may hold.
        shadow_alerts: topic of what rules add to lists; empty where no rule adds.
    """

    broker: Broker
    group: str
    feedback: str
    control: str
    control_acks: str
    partitions: int
    adapter: str
    policy: StandingPolicy
    device: str = CPU
    fresh_s: float = 900.0
    lists: ListLimits = DEFAULT_LIMITS
    shadow_alerts: str = ""


class AdaptationWorker:
    """Handles requests one by one."""

    def __init__(
        self,
        config: AdaptationConfig,
        engine: Engine,
        key: ControlKey,
        trust: Trust,
        *,
        after: Callable[[FlagStep], None] = continue_after,
        spans: Spans | None = None,
    ) -> None:
        self._config, self._engine, self._key, self._after = config, engine, key, after
        self._trust = trust
        self._intake = Intake(config.feedback, trust, config.fresh_s)
        self._refusals, self._skipped = Refusals(), 0
        self._spans = spans
        self._stop = Event()
        self._outage = Outage("adapter", config.broker.bootstrap)
        self._traffic = RecentTraffic(engine)

    def stop(self) -> None:
        """Make `run` return; an unfinished request is handled again later. Safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Handle requests until `stop`. While the broker or the database is away, wait for it."""
        self._outage.listen()
        self._traffic.start()
        Thread(target=warm_up, name="rules", daemon=True).start()
        HEARTBEATS.await_ready(BROKER)
        try:
            while not self._stop.is_set():
                try:
                    self._serve()
                except TRANSIENT as error:
                    self._outage.note(error)
                    HEARTBEATS.beat(WORK, within_s=STUCK_S)
                    self._stop.wait(RETRY_S)
        finally:
            self._traffic.stop()

    def _serve(self) -> None:
        config = self._config
        with ExitStack() as open_:
            announcer = Announcer(config.broker, config.control, self._key)
            open_.callback(announcer.close)
            acks = AckWatch(config.broker, config.control_acks, config.partitions, self._trust, whole=True)
            open_.callback(acks.close)
            acks.catch_up()
            context = AdaptationContext(
                self._engine,
                announcer,
                Preparation(self._engine, self._traffic, config.adapter, config.device),
                config.policy,
                after=self._after,
                lists=config.lists,
            )
            pending = PendingChanges(context, acks.table)
            pending.resume()
            additions = additions_of(context, config.broker, config.shadow_alerts, config.group, open_)
            upkeep = Upkeep(context, pending.add)
            open_.callback(upkeep.close)
            consumer, producer = self._consumer(), self._producer()
            open_.callback(lambda: consumer.close(autocommit=False, timeout_ms=CLOSE_MS))
            open_.callback(lambda: producer.close(timeout=CLOSE_MS / 1e3))
            log.info("adapter: reading %s from %s", config.feedback, config.broker.bootstrap)
            HEARTBEATS.ready(BROKER)
            while not self._stop.is_set():
                HEARTBEATS.beat(WORK, within_s=STUCK_S)
                self._outage.look()
                polled = self._turn(context, pending, upkeep, acks, consumer, producer)
                if additions is not None and not polled:
                    additions.turn()

    def _turn(
        self,
        context: AdaptationContext,
        pending: PendingChanges,
        upkeep: Upkeep,
        acks: AckWatch,
        consumer: KafkaConsumer,
        producer: KafkaProducer,
    ) -> bool:
        """Handle a request, send due answers, and prepare and do upkeep while no request waits.

        Returns:
            Whether a record was there.
        """
        polled = consumer.poll(timeout_ms=WAITING_POLL_MS if pending else IDLE_POLL_MS, max_records=1)
        for partition, records in polled.items():
            for record in records:
                admitted = self._handle(context, pending, record, producer)
                self._skipped = 0 if admitted else self._skipped + 1
                if admitted or self._skipped >= MOST_SKIPPED:
                    self._skipped = 0
                    consumer.commit({partition: OffsetAndMetadata(record.offset + 1, "", -1)})
                if admitted:
                    context.after(FlagStep.COMMITTED)
        acks.poll(WAITING_POLL_MS / 1e3 if pending else 0.0)
        for answer in pending.answers():
            self._answer(context, producer, answer)
        if not polled and not pending:
            self._prepare(context)
            upkeep.turn()
        return bool(polled)

    def _handle(
        self, context: AdaptationContext, pending: PendingChanges, record: Any, producer: KafkaProducer
    ) -> bool:
        """Return whether the record was admitted."""
        try:
            admitted = self._intake.admit(context, record)
        except Untrusted as refusal:
            answer = self._refusals.answer(record, refusal)
            if answer is not None:
                self._send(producer, answer)
            return False
        if admitted.earlier is not None:
            self._send(producer, admitted.earlier)
            return True
        with self._traffic.paused():
            result = handle(context, masked(admitted.request), record.timestamp / 1e3, self._stop)
        if isinstance(result, PendingChange):
            pending.add(result)
        else:
            self._answer(context, producer, result)
        return True

    def _answer(self, context: AdaptationContext, producer: KafkaProducer, answer: Answer) -> None:
        """Send an answer, and keep it for repeats of the request."""
        log.info("adapter: %s: %s: %s", answer.request_id, answer.status, answer.message)
        self._send(producer, answer)
        self._intake.note(context, answer)
        if self._spans is not None:
            self._spans.episode(answer, time.time())

    def _send(self, producer: KafkaProducer, answer: Answer) -> None:
        topic, key = answers_topic(self._config.feedback), answer.request_id.encode()
        value = msgspec.json.encode(answer)
        producer.send(topic, value, key=key, headers=self._trust.signed(topic, key, value)).get(timeout=10)

    def _prepare(self, context: AdaptationContext) -> None:
        """Score the reservoir again if it, or what is in force, has changed."""
        try:
            context.preparation.rehearse(context.preparation.ready(context.announcer.refresh(), newest=True))
        except AdaptationNotReady:
            return

    def _consumer(self) -> KafkaConsumer:
        consumer = KafkaConsumer(
            **kafka_python_options(self._config.broker),
            group_id=self._config.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            session_timeout_ms=SESSION_MS,
            **RECONNECT,
        )
        # A member that joins before it knows its partitions is assigned none, and may never ask again.
        consumer.partitions_for_topic(self._config.feedback)
        consumer.subscribe([self._config.feedback])
        return consumer

    def _producer(self) -> KafkaProducer:
        create_topic(self._config.broker, answers_topic(self._config.feedback))
        return KafkaProducer(
            **kafka_python_options(self._config.broker), acks="all", linger_ms=0, **RECONNECT
        )
