"""Finds answers that are older than the memory, in the database.

Every id that is not in memory is looked up, since a transaction must not be scored twice however late its
repeat comes. The ids of a round share one query. A database that is slow or away delays a round by
`PATIENCE_S` at most: the scorer itself still refuses a repeated id within its window.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
from sqlalchemy import Engine

from contracts.alert import Alert
from contracts.decision import Decision
from contracts.metrics import decisions as metrics
from decisions.answer import Policy, Score
from decisions.fingerprint import fingerprint
from decisions.intake import Stored
from features.vector import OWN_FEATURES
from storage import UnitOfWork
from storage.known_ids import KnownIds
from storage.scored_transactions import ScoredTransaction

log = logging.getLogger(__name__)

PATIENCE_S = 0.05
CARD_ABSENT = OWN_FEATURES.index("card_absent")


class DatabaseLookup:
    """Looks ids up, one query at a time.

    Args:
        engine: the database.
        policy: how scores become decisions.
    """

    def __init__(self, engine: Engine, policy: Policy) -> None:
        self._engine, self._policy = engine, policy
        self._known = KnownIds(engine)
        self._thread = ThreadPoolExecutor(1, "decisions-lookup")
        self._running: asyncio.Future[dict[str, Stored]] | None = None

    async def find(self, ids: Sequence[str]) -> dict[str, Stored]:
        """Return what is stored of these ids, by id; nothing where the database does not answer in time."""
        if self._running is not None and not self._running.done():
            metrics.DECISION_LOOKUPS.labels("late").inc()
            return {}
        loop = asyncio.get_running_loop()
        self._running = loop.run_in_executor(self._thread, self._find, list(ids))
        done, _ = await asyncio.wait({self._running}, timeout=PATIENCE_S)
        outcome = "late" if not done else "failed" if self._running.exception() else "done"
        metrics.DECISION_LOOKUPS.labels(outcome).inc()
        if outcome == "failed":
            log.warning("ids are not looked up: %s", self._running.exception())
        return self._running.result() if outcome == "done" else {}

    def close(self) -> None:
        """End the thread, which closes its connection last."""
        self._thread.submit(self._known.close)
        self._thread.shutdown(wait=False)

    def _find(self, ids: Sequence[str]) -> dict[str, Stored]:
        known = self._known.among(ids)
        if not known:
            return {}
        with UnitOfWork(self._engine, reads_only=True) as unit:
            rows = unit.transactions.first_by_ids(sorted(known))
            alerts = unit.alerts.bodies((row.source_partition, row.source_offset) for row in rows.values())
        return {identity: self._stored(row, alerts) for identity, row in rows.items()}

    def _stored(self, row: ScoredTransaction, alerts: Mapping[tuple[int, int], object]) -> Stored:
        body = alerts.get((row.source_partition, row.source_offset))
        alert = None if body is None else msgspec.convert(body, Alert)
        answer = self._policy.answer(_score(row), alert, provisional=False)
        return Stored(_fingerprint(row), answer)


def _score(row: ScoredTransaction) -> Score:
    return Score(
        id=row.transaction_id,
        partition=row.source_partition,
        offset=row.source_offset,
        surprise=row.surprise,
        decision=Decision(row.decision),
        scorer=row.winner_id or "",
        control_offset=row.control_offset,
        scored_at=row.scored_at,
    )


def _fingerprint(row: ScoredTransaction) -> bytes:
    absent = bool(np.frombuffer(row.features, "<f4")[CARD_ABSENT])
    keys = list(row.entities.values())
    return fingerprint(
        row.transaction_id, row.event_time, row.amount, row.currency or "", row.category, absent, keys
    )
