"""Measures the blast radius of a rule, and of a decision policy, over generated rows of a SQLite database."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from console.models.blast_radius import blast_radius
from console.models.policy_radius import policy_radius
from console.models.results import RuleDraft
from contracts.standing_policy import StandingPolicy
from control.snapshot import Snapshot
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from rules.actions import Action
from rules.definition import RuleDefinition, definition_to_bytes, read_rule
from rules.policy.definition import DecisionPolicy, Segment
from rules.rule_set import RuleSet
from rules.vocabulary import Vocabulary
from storage import UnitOfWork, migrate, open_engine

CONDITION = "amount > 500 && card.count_1h >= 1 && card.count_1d > 1"
COMPARED = (0, 10, 100)
SEGMENTS = (0, 20)
_NAMES = Vocabulary(FeatureLayout(TransactionSchema()).names)
_PATIENCE_S = 3_600.0  # a busy machine must not cut the measurement off
_CHUNK, _PARTITIONS, _DAYS, _DAY_S = 50_000, 12, 90.0, 86_400.0


def measure_all(rows: int) -> list[dict[str, float]]:
    """Store `rows` generated transactions of 90 days, and measure one rule against other rules in force.

    It includes opening the database, reading, evaluating and counting; storing is not included. The rows were
    written just before, so the operating system may hold the file in memory.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'traffic.sqlite'}"
        began = time.monotonic()
        _fill(url, rows)
        print(f"\nstored {rows:,} transactions in {time.monotonic() - began:.0f} s", flush=True)
        print(f"{'compared rules':>14} {'matches':>10} {'seconds':>8} {'CPU s':>7} {'us a row':>9}")
        found = [_measure(url, rows, compared) for compared in COMPARED]
        print(f"{'segments':>14} {'held':>10} {'seconds':>8} {'CPU s':>7} {'us a row':>9}")
        return [*found, *(_measure_policy(url, rows, segments) for segments in SEGMENTS)]


def _measure(url: str, rows: int, compared: int) -> dict[str, float]:
    snapshot = _in_force(compared)
    draft = RuleDraft(RuleDefinition(CONDITION, Action.REVIEW), _DAYS + 1)
    cpu, began = _cpu(), time.monotonic()
    with UnitOfWork(open_engine(url), reads_only=True) as unit:
        found = blast_radius(unit, snapshot, draft, _NAMES, StandingPolicy(), seconds=_PATIENCE_S)
    seconds, cpu = time.monotonic() - began, _cpu() - cpu
    assert found.transactions == rows, found.limited
    each = cpu / rows * 1e6
    print(f"{compared:14,} {found.matches:10,} {seconds:8.1f} {cpu:7.1f} {each:9.2f}", flush=True)
    return {"stored": rows, "compared": compared, "seconds": seconds, "cpu": cpu, "matches": found.matches}


def _measure_policy(url: str, rows: int, segments: int) -> dict[str, float]:
    """Measure a policy of segments against the budget's threshold alone."""
    tried = DecisionPolicy(
        tuple(
            Segment(
                name=f"s-{place}",
                when=f"amount > {1_000 - 40 * place} && merchant.count_1h > {place / segments:.4f}",
                review_from=2.5,
                decline_from=4.0,
            )
            for place in range(segments)
        )
    )
    cpu, began = _cpu(), time.monotonic()
    with UnitOfWork(open_engine(url), reads_only=True) as unit:
        found = policy_radius(
            unit, Snapshot(), tried, _DAYS + 1, _NAMES, StandingPolicy(), seconds=_PATIENCE_S
        )
    seconds, cpu = time.monotonic() - began, _cpu() - cpu
    assert found.transactions == rows, found.limited
    held = sum(one.reviewed + one.declined for one in found.segments)
    print(f"{segments:14,} {held:10,} {seconds:8.1f} {cpu:7.1f} {cpu / rows * 1e6:9.2f}", flush=True)
    return {"stored": rows, "segments": segments, "seconds": seconds, "cpu": cpu, "held": held}


def _cpu() -> float:
    """Return the CPU seconds of this process and of its children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in both)


def _in_force(rules: int) -> Snapshot:
    """Return a snapshot with rules of two conditions; they read features that the tried one does not."""
    made = [
        read_rule(
            f"r-{place}",
            definition_to_bytes(
                RuleDefinition(
                    f"amount > {300 + place} && merchant.count_1h > {place / rules:.4f}", Action.REVIEW
                )
            ),
        )
        for place in range(rules)
    ]
    return replace(Snapshot(), written=RuleSet.of(made, _NAMES))


def _fill(url: str, rows: int) -> None:
    engine = open_engine(url)
    migrate.upgrade(engine)
    for start in range(0, rows, _CHUNK):
        with UnitOfWork(engine) as unit:
            unit.transactions.add_many(_generated(start, min(_CHUNK, rows - start), rows))
            unit.commit()
    engine.dispose()


def _generated(start: int, n: int, rows: int) -> list[tuple[object, ...]]:
    random = np.random.default_rng(start)
    features = random.random((n, len(_NAMES.features)), np.float32)
    amounts, surprises = random.lognormal(4, 2, n).tolist(), random.exponential(0.43, n).tolist()
    cards, merchants = random.integers(0, 500_000, n).tolist(), random.integers(0, 20_000, n).tolist()
    made = list[tuple[object, ...]]()
    for at in range(n):
        number, surprise = start + at, surprises[at]
        time = 1.7e9 + number * _DAYS * _DAY_S / rows
        held = int(surprise > 3.0)
        entities = json.dumps({"card": f"tok_{cards[at]:016d}", "merchant": f"m{merchants[at]}"})
        place = (number % _PARTITIONS, number // _PARTITIONS, f"tx-{number:012d}")
        body = (time, time, amounts[at], "EUR", 5411, entities, features[at].tobytes())
        made.append(
            (*place, *body, surprise, 10**-surprise, held, 0, "base" if held else None, 7, time, None)
        )
    return sorted(made, key=lambda row: row[:2])
