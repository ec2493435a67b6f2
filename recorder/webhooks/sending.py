"""Send webhooks: one thread an endpoint, so that a slow receiver holds up no other.

In each turn:

1. Claim the endpoint for minutes; only one recorder sends to it, which keeps the order of each subject.
2. Queue the events of new entries of the audit log, and note how far it was read, in one transaction.
3. Post what is due, and note each outcome.

A crash between post and note of 3 sends an event twice; its id is the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Self
from uuid import uuid4

from sqlalchemy import Engine

from contracts.card_numbers import mask_card_numbers
from contracts.heartbeat import HEARTBEATS
from contracts.metrics import recorder as metrics
from recorder.webhooks.events import DECISIONS, alert_ids, kind_of, of_entry
from recorder.webhooks.posting import Poster, Tried
from settings import Settings
from storage import StorageUnavailable, UnitOfWork
from storage.webhooks import LONGEST_CAUSE, WAITING, Delivery, Sender

log = logging.getLogger(__name__)

STUCK_S = 300.0  # a turn posts once, at most 60 s, beside waits for the database
IDLE_S = 1.0
CLAIM_S, RENEW_S = 180.0, 90.0
"""A claim lasts three minutes. It is renewed in time for a try of 60 s, so that none takes over meanwhile."""
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 3_600.0
"""Wait of a delivery after its first failed try, which doubles with each, and its most."""
LONGEST_PAUSE_S = 30.0
"""Longest pause of an endpoint whose last tries failed, so that a dead one is not asked for each event."""
ENTRIES_PER_TURN = 500
CLEAN_EVERY_S = 3_600.0
DAY_S, HOUR_S = 86_400.0, 3_600.0


def wait_after(attempts: int) -> float:
    """Return the seconds until the next try after this number of failed ones.

    >>> [wait_after(n) for n in (1, 2, 3, 20)]
    [5.0, 10.0, 20.0, 3600.0]
    """
    return float(min(FIRST_WAIT_S * 2 ** min(attempts - 1, 20), LONGEST_WAIT_S))


class EndpointSender:
    """Sends to one endpoint until it is stopped.

    Args:
        settings: the settings.
        engine: the database.
        endpoint: name of the endpoint.
        poster: posts to it.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        endpoint: str,
        poster: Poster,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._webhooks, self._engine, self._clock = settings.webhooks, engine, clock
        self._endpoint, self._poster = endpoint, poster
        self._kinds = next(one.events for one in self._webhooks.endpoints if one.name == endpoint)
        self._holder, self._cleaned = uuid4().hex, float("-inf")
        self._until, self._position = float("-inf"), -1
        self._failures = 0

    def run(self, stop: threading.Event) -> None:
        """Take turns until `stop`; while the database is away, wait."""
        beat = f"webhook {self._endpoint}"
        while not stop.is_set():
            HEARTBEATS.beat(beat, within_s=STUCK_S)
            try:
                sent = self.turn()
            except StorageUnavailable as error:
                log.warning("recorder: webhook %s waits: %s", self._endpoint, error)
                sent = 0
            if not sent:
                stop.wait(IDLE_S)
            if self._failures:
                stop.wait(min(2.0 ** min(self._failures, 10), LONGEST_PAUSE_S))
        HEARTBEATS.end(beat)
        self._release()

    def turn(self) -> int:
        """Queue new events and post what is due, up to the first failure; return how many arrived.

        Raises:
            StorageUnavailable: the database is away.
        """
        if not self._queue():
            return 0
        with UnitOfWork(self._engine, reads_only=True) as unit:
            due = unit.webhooks.due(self._endpoint, now=self._clock())
        for number, one in enumerate(due):
            if not self._claimed():
                return number
            tried = self._poster.post(one.event, one.body, now=self._clock())
            self._note(one.id, tried)
            if not tried.arrived:
                self._failures += 1
                return number
            self._failures = 0
        return len(due)

    def _claimed(self) -> bool:
        """Renew the claim where it ends soon; return False where another recorder has it."""
        now = self._clock()
        if self._until - now >= RENEW_S:
            return True
        with UnitOfWork(self._engine) as unit:
            mine = self._claim(unit, now, 0)
            unit.commit()
        return mine is not None

    def _claim(self, unit: UnitOfWork, now: float, position: int) -> Sender | None:
        until = now + CLAIM_S
        mine = unit.webhooks.claim(self._endpoint, self._holder, now=now, until=until, position=position)
        self._until = until if mine is not None else float("-inf")
        return mine

    def _release(self) -> None:
        """Let another recorder send at once."""
        if self._until > self._clock():
            try:
                with UnitOfWork(self._engine) as unit:
                    unit.webhooks.claim(
                        self._endpoint, self._holder, now=self._clock(), until=0.0, position=0
                    )
                    unit.commit()
            except StorageUnavailable:
                log.info("recorder: the claim of webhook %s ends by itself", self._endpoint)

    def _queue(self) -> bool:
        """Queue the events of the audit log; return False where another recorder sends to this endpoint."""
        now = self._clock()
        with UnitOfWork(self._engine, reads_only=True) as unit:
            head = unit.audit.head().position
        if head == self._position and self._until - now >= RENEW_S:
            return True  # nothing to write, so no lock to take
        with UnitOfWork(self._engine) as unit:
            mine = self._claim(unit, now, head)
            if mine is None:
                return False
            entries = unit.audit.after(mine.position, ENTRIES_PER_TURN)
            wanted = [entry for entry in entries if kind_of(entry) in self._kinds]
            if wanted and self._is_full(unit):
                wanted = entries = []  # the log stays unread: its entries wait there
            for entry in wanted:
                alerts = unit.queue.by_ids(alert_ids(entry)) if kind_of(entry) == DECISIONS else []
                unit.webhooks.add(of_entry(entry, self._endpoint, alerts), now=now)
            if entries:
                mine.position = entries[-1].position
            self._clean(unit, now)
            unit.commit()
            self._position = mine.position
        return True

    def _is_full(self, unit: UnitOfWork) -> bool:
        waiting = unit.webhooks.count(endpoint=self._endpoint, state=WAITING)
        return waiting >= self._webhooks.most_waiting

    def _clean(self, unit: UnitOfWork, now: float) -> None:
        if now - self._cleaned >= CLEAN_EVERY_S:
            self._cleaned = now
            unit.webhooks.delete_finished(self._endpoint, before=now - self._webhooks.keep_days * DAY_S)

    def _note(self, delivery_id: int, tried: Tried) -> None:
        now = self._clock()
        with UnitOfWork(self._engine) as unit:
            found = unit.webhooks.get(delivery_id)
            if found is None:  # erased meanwhile
                return
            outcome = self._outcome(found, tried, now)
            unit.commit()
        metrics.WEBHOOKS.labels(self._endpoint, outcome).inc()
        if outcome != "sent":
            log.warning("recorder: webhook %s, %s: %s: %s", self._endpoint, found.event, outcome, found.cause)

    def _outcome(self, found: Delivery, tried: Tried, now: float) -> str:
        found.attempts += 1
        found.status = tried.status
        found.cause = mask_card_numbers(tried.cause)[:LONGEST_CAUSE] if tried.cause else None
        if tried.arrived:
            found.sent_at = now
            return "sent"
        found.next_at = now + wait_after(found.attempts)
        if found.next_at > found.queued_at + self._webhooks.give_up_hours * HOUR_S:
            found.failed_at = now
            return "given up"
        return "failed"


class Senders:
    """A thread for each endpoint of the settings.

    Raises:
        MissingSecret: endpoints are set, but no secret to sign with.
    """

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._stop = threading.Event()
        self._posters = {one.name: Poster(settings, one.name) for one in settings.webhooks.endpoints}
        self._threads = [
            threading.Thread(
                target=EndpointSender(settings, engine, name, poster).run,
                args=(self._stop,),
                name=f"webhook {name}",
            )
            for name, poster in self._posters.items()
        ]

    def __enter__(self) -> Self:
        """Start the threads."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the threads; a try under way is finished, at most for `webhooks.timeout_s`."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        for poster in self._posters.values():
            poster.__exit__()
