"""The adaptation worker's request handling over a real database and a control log in memory; no Kafka."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Engine

from adaptation.context import AdaptationContext
from adaptation.going_live.result import RequestResult
from adaptation.intake.dispatch import handle
from adaptation.proposing.preparation import Preparation
from adaptation.proposing.recent_traffic import RecentTraffic
from contracts.request import Request, read_request
from contracts.standing_policy import StandingPolicy
from control.change import Change
from control.entry import LoggedEntry
from control.keys import ControlKey
from control.snapshot import Snapshot
from recorder.rows import scored_rows
from storage import UnitOfWork, migrate, open_engine
from storage.policies import PolicyVersion
from tests.scored_messages import scored_message
from tests.small_models import base_change, genuine_rows, network_change, small_base, small_network

GENUINE, FRAUDS = 6_000, 20
PATTERN = np.array([7.0, 6.0, 5.0], np.float32)


class ControlLogInMemory:
    """Applies announced entries at once."""

    def __init__(self) -> None:
        self.key = ControlKey.single("a secret of enough length")
        self.announced: list[Change] = []
        self._snapshot = Snapshot()

    def refresh(self) -> Snapshot:
        return self._snapshot

    def announce(self, *changes: Change) -> LoggedEntry:
        for change in changes:
            sequence = self._snapshot.next_sequence(f"{change.kind}/{change.id}".encode(), time.time())
            entry = change.entry(sequence=sequence, time=time.time())
            self._snapshot = self._snapshot.apply(entry, len(self.announced))
            self.announced.append(change)
        return LoggedEntry(entry, len(self.announced) - 1)


def fill(file: Path) -> None:
    """Store ordinary traffic and frauds of one pattern, all at the merchant `shop`, in a new database."""
    engine = open_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    odd = (PATTERN + 0.3 * genuine_rows(FRAUDS, seed=9)).astype(np.float32)
    ids = [b"fraud-%d" % number for number in range(FRAUDS)]
    offsets = range(GENUINE, GENUINE + FRAUDS)
    with UnitOfWork(engine) as unit:
        usual = scored_message(0, range(GENUINE), features=genuine_rows(GENUINE, seed=8))
        unit.transactions.add_many(scored_rows(usual))
        unit.transactions.add_many(scored_rows(scored_message(1, offsets, features=odd, ids=ids)))
        unit.commit()
    engine.dispose()


class WorkerInMemory:
    """Handles requests as the worker's process does; `result` holds the result of each request."""

    def __init__(
        self, engine: Engine, filed: StandingPolicy, *, adapter: str = "ridge", network: bool = True
    ) -> None:
        self.log = ControlLogInMemory()
        if network:
            self.log.announce(network_change(small_network()))
        self.log.announce(base_change(small_base()))
        traffic = RecentTraffic(engine)
        traffic.refresh()
        preparation = Preparation(engine, traffic, adapter)
        self.context = AdaptationContext(engine, self.log, preparation, filed)

    def handle(self, request: Request) -> RequestResult:
        return handle(self.context, request, time.time(), threading.Event())

    def handle_record(self, value: bytes) -> RequestResult:
        """Handle a record in the format of the topic `feedback`."""
        return self.handle(read_request(value))

    @property
    def live(self) -> int:
        """Return the detectors in force."""
        return len(self.log.refresh().detectors)


def set_policy(engine: Engine, **terms: object) -> None:
    """Set policy terms as an administrator does in the console."""
    with UnitOfWork(engine) as unit:
        unit.policies.add(PolicyVersion(author="root", time=1.0, terms=terms))
        unit.commit()


def frauds(*numbers: int) -> tuple[str, ...]:
    return tuple(f"fraud-{number}" for number in numbers)


FLAGS = frauds(0, 1, 2, 3)


def a_flag(kind: str = "flag", **fields: Any) -> Request:
    """Return a request from ada, by default to flag four frauds."""
    values: dict[str, Any] = {"request_id": "r-1", "author": "ada", "time": 1.0, "name": "gift cards"}
    return msgspec.convert({**values, "kind": kind, "fraud": FLAGS, **fields}, Request)


def statuses(engine: Engine) -> list[str]:
    """Return the statuses of all stored episodes, newest first."""
    with UnitOfWork(engine, reads_only=True) as unit:
        return [episode.status for episode in unit.episodes.page(offset=0, limit=10)]
