"""Writes weeks of payments and labels into a database step by step, and runs monitoring on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from benchmarks.drift.portfolio import Payments, Scorer
from benchmarks.drift.stages import Labels
from control.entry import Entry, Kind
from control.envelope import seal
from control.keys import ControlKey
from monitoring.alarms import KIND
from monitoring.round import Round
from storage import UnitOfWork, migrate, open_engine
from storage.alerts import COLUMNS as ALERTS
from storage.alerts import CONFIRMED, REJECTED, priority_of
from storage.bulk import Row
from storage.control_entries import COLUMNS as CONTROL
from storage.labels import FRAUD, GENUINE
from storage.scored_transactions import COLUMNS as SCORED

HOUR_S, DAY_S = 3_600.0, 86_400.0
STEP_S = 2 * HOUR_S  # between rounds; the product runs one every minute
THRESHOLD, BUDGET = 3.0, 0.001
ENTITIES = ("card", "merchant")
ANALYST, CHARGEBACK = "analyst", "chargeback"
# Analysts work from seven to ten at night every day and are one to six hours behind; chargebacks come in a
# nightly file, half of them within six days.
SHIFT_H, BEHIND_H, FILE_H = (7, 22), (1.0, 6.0), 3
CHARGEBACK_DAYS, CHARGEBACK_SPREAD = 6.0, 0.6


@dataclass(frozen=True)
class Played:
    """Payments with their features, surprises and labels; labels are sorted by time."""

    payments: Payments
    features: NDArray[np.float32]
    surprise: NDArray[np.float64]
    labels: list[tuple[float, int, str, str]]
    """Time, payment, verdict, source."""


def prepare(
    payments: Payments,
    scorer: Scorer,
    labels: Labels,
    changed_at: float,
    seed: int,
    surprise_more: float = 0.0,
) -> Played:
    """Featurise and score the payments, and schedule their labels; changes begin at `changed_at`."""
    features = payments.features()
    surprise = scorer.surprise(features) + surprise_more * (payments.time >= changed_at)
    rng = np.random.default_rng(seed)
    told = [
        one
        for one in _labels(payments, surprise > THRESHOLD, labels, changed_at, rng)
        if one[3] not in labels.silent or one[0] < changed_at
    ]
    return Played(payments, features, surprise, sorted(told))


def _labels(
    payments: Payments,
    alerted: NDArray[np.bool_],
    labels: Labels,
    changed_at: float,
    rng: np.random.Generator,
) -> Iterator[tuple[float, int, str, str]]:
    wrong = rng.random(len(payments)) < labels.also_genuine
    behind = rng.uniform(*BEHIND_H, len(payments)) * HOUR_S
    days = rng.lognormal(np.log(CHARGEBACK_DAYS), CHARGEBACK_SPREAD, len(payments))
    for row in np.flatnonzero(alerted | payments.fraud).tolist():
        time = float(payments.time[row])
        if alerted[row]:
            at = _in_shift(time + behind[row])
            genuine = not payments.fraud[row] or (time >= changed_at and wrong[row])
            yield at, row, GENUINE if genuine else FRAUD, ANALYST
        else:
            yield _with_the_file(time + days[row] * DAY_S), row, FRAUD, CHARGEBACK


def _in_shift(time: float) -> float:
    hour = time % DAY_S / HOUR_S
    first, last = SHIFT_H
    if hour < first:
        return time - hour * HOUR_S + first * HOUR_S
    return time if hour < last else time + (24 - hour + first) * HOUR_S


def _with_the_file(time: float) -> float:
    return (time // DAY_S + 1) * DAY_S + FILE_H * HOUR_S


class Player:
    """One database with monitoring, played forward in event time."""

    def __init__(self, path: Path, played: Played, scorer: Scorer, start: float) -> None:
        self.path, self.played = path, played
        self._key = ControlKey.single("a key of the benchmark")
        self.engine: Engine = open_engine(f"sqlite:///{path}")
        migrate.upgrade(self.engine)
        self._scorer = scorer
        self._at = start
        self._labelled = 0
        self._round = self._new_round()

    def announce_base(self) -> None:
        """Store the base's control entry, as the recorder does."""
        parts = {"base": self._scorer.base.to_bytes()}
        entry = Entry(Kind.BASE, "base", "benchmark", "the shipped base", self._at, 1, parts)
        own = {"control_offset": 0, "entry_id": entry.id, "value": seal(entry, self._key)}
        row = tuple(own[name] if name in own else getattr(entry, name) for name in CONTROL)
        with UnitOfWork(self.engine) as unit:
            unit.control.add_many([row])
            unit.commit()

    def play(self, until: float, heard: Callable[[frozenset[str]], bool] = lambda _: False) -> float | None:
        """Record, label and run a round of monitoring in steps of two hours, up to `until`.

        Args:
            until: event time at which to stop, in seconds.
            heard: called with the names of the open alarms; playing stops when it returns true.

        Returns:
            The event time at which `heard` returned true, or None.
        """
        while self._at < until:
            self._record(self._at, self._at + STEP_S)
            self._at += STEP_S
            told = self._round.run(self._at)
            if heard(frozenset(told.alarms)):
                return self._at
        return None

    def branch(self, path: Path, played: Played) -> Player:
        """Copy the database to `path`, and return a player that continues from it with other payments."""
        self.engine.dispose()
        shutil.copy(self.path, path)
        other = Player(path, played, self._scorer, self._at)
        other._labelled = sum(label[0] < self._at for label in played.labels)
        return other

    def alarms(self) -> list[tuple[float, str, list[str]]]:
        """Return time, name and subjects of every alarm raised so far."""
        with UnitOfWork(self.engine, reads_only=True) as unit:
            rows = unit.measurements.of_kind(KIND)
        return [(row.time, row.subject, row.details["subjects"]) for row in rows]

    def _new_round(self) -> Round:
        return Round(self.engine, self._key, ENTITIES, budget=BUDGET, label_delay_days=7.0, cards=100)

    def _record(self, start: float, end: float) -> None:
        first, last = np.searchsorted(self.played.payments.time, (start, end)).tolist()
        with UnitOfWork(self.engine) as unit:
            unit.transactions.add_many(self._scored(row) for row in range(first, last))
            over = np.flatnonzero(self.played.surprise[first:last] > THRESHOLD) + first
            unit.alerts.add_many(self._alert(row) for row in over.tolist())
            self._label(unit, end)
            unit.commit()

    def _label(self, unit: UnitOfWork, until: float) -> None:
        while self._labelled < len(labels := self.played.labels) and labels[self._labelled][0] < until:
            time, row, verdict, source = labels[self._labelled]
            identity = self._identity(row)
            unit.labels.add_many([(identity, verdict, source, source, time, f"label-{self._labelled}")])
            unit.alerts.set_status([identity], CONFIRMED if verdict == FRAUD else REJECTED)
            self._labelled += 1

    def _identity(self, row: int) -> str:
        identity: bytes = self.played.payments.ids[row]
        return identity.decode()

    def _entities(self, row: int) -> dict[str, str]:
        payments = self.played.payments
        return {"card": payments.card[row].decode(), "merchant": payments.merchant[row].decode()}

    def _scored(self, row: int) -> Row:
        payments, surprise = self.played.payments, float(self.played.surprise[row])
        values = {
            "source_partition": 0,
            "source_offset": row,
            "transaction_id": self._identity(row),
            "event_time": float(payments.time[row]),
            "arrival": float(payments.time[row]),
            "amount": float(payments.amount[row]),
            "currency": str(payments.currency[row]),
            "category": int(payments.category[row]),
            "entities": msgspec.json.encode(self._entities(row)).decode(),
            "features": self.played.features[row].tobytes(),
            "surprise": surprise,
            "tail": 10.0**-surprise,
            "decision": int(surprise > THRESHOLD),
            "winner": 0,
            "winner_id": "base",
            "control_offset": 0,
            "scored_at": None,
            "links": None,
        }
        return tuple(values[name] for name in SCORED)

    def _alert(self, row: int) -> Row:
        payments, surprise = self.played.payments, float(self.played.surprise[row])
        amount = float(payments.amount[row])
        values = {
            "source_partition": 0,
            "source_offset": row,
            "transaction_id": self._identity(row),
            "raised_at": float(payments.time[row]),
            "body": "{}",
            "amount": amount,
            "surprise": surprise,
            "priority": priority_of(surprise, amount),
            "scorer": "base",
            "card": self._entities(row)["card"],
            "queue": "",
            "tags": "",
        }
        return tuple(values[name] for name in ALERTS)
