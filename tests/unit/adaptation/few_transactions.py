"""A database with a few transactions, and a context to handle requests in that read no model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from sqlalchemy import Engine

from adaptation.context import AdaptationContext
from adaptation.proposing.preparation import Preparation
from contracts.standing_policy import StandingPolicy
from control.rules import Rule, read_rules
from recorder.rows import scored_rows
from storage import UnitOfWork, migrate, open_engine
from tests.scored_messages import scored_message
from tests.small_models import genuine_rows
from tests.unit.adaptation.worker_in_memory import ControlLogInMemory

NOW = 1_795_000_000.0
NAMES = tuple(f"t{number}" for number in range(9))
WIDTH = genuine_rows(1).shape[1]


def fill_few(file: Path) -> None:
    """Store the transactions `t0` to `t8`, each of a card of its own, in a new database."""
    engine = open_engine(f"sqlite:///{file}")
    migrate.upgrade(engine)
    with UnitOfWork(engine) as unit:
        store(unit, *NAMES)
        unit.commit()
    engine.dispose()


def store(unit: UnitOfWork, *names: str, partition: int = 0, width: int = WIDTH) -> None:
    """Store transactions of these ids, with `width` features each."""
    rows = np.resize(genuine_rows(len(names), seed=partition), (len(names), width)).astype(np.float32)
    offsets = range(100, 100 + len(names))
    message = scored_message(partition, offsets, features=rows, ids=[name.encode() for name in names])
    unit.transactions.add_many(scored_rows(message))


class EvenTraffic:
    """Recent traffic, 10,000 transactions a day, of which each entity has the same share."""

    per_day = 10_000.0

    def __init__(self, share: float) -> None:
        self._share = share

    def share_of(self, entity: str, key: str) -> float:
        return self._share


def few_context(
    engine: Engine, policy: StandingPolicy | None = None, *, share: float = 1e-6
) -> AdaptationContext:
    """Return a context whose clock stands still; each entity has `share` of recent traffic."""
    preparation = cast(Preparation, EvenTraffic(share))
    log = ControlLogInMemory()
    return AdaptationContext(engine, log, preparation, policy or StandingPolicy(), clock=lambda: NOW)


def announced(context: AdaptationContext) -> list[tuple[str, tuple[Rule, ...]]]:
    """Return id and rules of each entry that was announced."""
    log: Any = context.announcer
    entries = [change.entry(sequence=1, time=0.0) for change in log.announced]
    return [(entry.id, tuple(placed.rule for placed in read_rules(entry))) for entry in entries]
