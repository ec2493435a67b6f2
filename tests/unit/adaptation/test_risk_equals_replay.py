"""The entity rules of the worker and of a replay block, lift and raise the same entities."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adaptation.proposing.risk import Risk, cost_of_blocks, lifted_by, risk_of
from contracts.standing_policy import StandingPolicy
from control.rule_table import RuleTable
from control.rules import Placed
from meta.entity_counts import RecentShares
from meta.entity_risk import boost
from replay.entity_rules import EntityRules
from replay.traffic import TrafficRows
from replay.truth import FRAUD

KINDS = ("card", "merchant")
DAY_S, PER_DAY, BUDGET = 86_400.0, 2_000.0, 0.02


def rows(random: np.random.Generator, count: int, day: float) -> TrafficRows:
    keys = np.stack([random.integers(1, 30, count), random.integers(1, 12, count)], 1).astype(np.uint64)
    seconds = DAY_S * (day + np.sort(random.random(count)))
    none = np.full(count, -1, np.int32)
    label = np.full(count, FRAUD, np.int8)
    X = np.zeros((count, 1), np.float32)
    return TrafficRows(X, label, none, keys, seconds, np.ones(count), np.arange(count))


def stored(traffic: TrafficRows) -> list[Any]:
    """Return the rows in the worker's format."""
    return [
        SimpleNamespace(entities=dict(zip(KINDS, map(str, keys), strict=True)), event_time=time)
        for keys, time in zip(traffic.keys.tolist(), traffic.seconds.tolist(), strict=True)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_frauds_and_genuine_verdicts_of_ten_days_lead_to_the_same_rules(seed: int) -> None:
    random = np.random.default_rng(seed)
    recent = rows(random, 3_000, 0.0)
    recent.keys[:, 1] += (random.random(3_000) < 0.8).astype(np.uint64) * np.uint64(100)

    def share_of(kind: str, key: str) -> float:
        return float(np.mean(recent.keys[:, KINDS.index(kind)] == int(key)))

    replayed, shares, policy = EntityRules(BUDGET), RecentShares(share_of, PER_DAY), StandingPolicy()
    made: list[Risk] = []
    blocks_seen = 0
    for day in range(1, 11):
        frauds, genuine = rows(random, 6, day), rows(random, 3, day + 0.5)
        of_one_pattern = day % 2 == 0
        known = in_force(made)
        made.append(
            risk_of(
                stored(frauds),
                known,
                shares,
                budget=BUDGET,
                terms=policy,
                may_block=True,
                of_one_pattern=of_one_pattern,
            )
        )
        replayed.confirm(frauds, recent, PER_DAY, of_one_pattern=of_one_pattern)
        made.append(lifted_by(stored(genuine), in_force(made), policy))
        replayed.clear(genuine)
        now = DAY_S * (day + 2.0)
        known = in_force(made)
        blocks_seen += len(known.blocked(now))
        keys = np.stack([np.arange(30), np.zeros(30)], 1).astype(np.uint64)
        at_now = TrafficRows(
            recent.X[:30], recent.label[:30], recent.family[:30], keys, np.full(30, now),
            recent.amount[:30], recent.row[:30],
        )  # fmt: skip
        counts = {key: left for (kind, key), left in known.frauds(now).items() if kind == "card"}
        expected = [boost(counts.get(str(card), 0.0)) for card in range(30)]
        assert replayed.boosts(at_now).tolist() == expected
        assert replayed.boosts_now(at_now).tolist() == expected
        shops = at_now.where(np.arange(12))
        shops.keys[:, 1] = np.arange(12)
        blocked = {int(key) for kind, key in known.blocked(now) if kind == "merchant"}
        assert set(np.flatnonzero(replayed.blocked(shops)).tolist()) == blocked
        newest = float(recent.seconds.max())
        assert replayed.cost(recent, PER_DAY) == pytest.approx(cost_of_blocks(known, shares, newest))
    assert blocks_seen > 0


def in_force(risks: list[Risk]) -> RuleTable:
    return RuleTable.of(Placed(rule, f"risk/{n}") for n, one in enumerate(risks) for rule in one.rules)
