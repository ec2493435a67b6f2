"""Stored transactions have the review bounds that the policy gives them live; the worker prepares them."""

from __future__ import annotations

import numpy as np

from control.segment_bounds import StoredRows, has_own_bounds, own_bounds
from features.byte_strings import ByteStrings
from stream.scoring.policy import bounds_of
from stream.scoring.written_rules import Transactions, rows_for
from tests.decision_policies import policy_change, segment
from tests.small_models import NAMES
from tests.unit.adaptation.worker_in_memory import WorkerInMemory
from tests.written_rules import fold

N = 40


def stored() -> StoredRows:
    """Return amounts 1 to 40 in turns of euro and dollar, and of two merchants."""
    random = np.random.default_rng(3)
    return StoredRows(
        random.random((N, len(NAMES))).astype(np.float32) * 4,
        np.arange(N, dtype=np.float64) * 3_600.0,
        np.arange(1, N + 1, dtype=np.float64),
        np.full(N, 5411, np.int32),
        ["EUR" if n % 2 else "USD" for n in range(N)],
        [{"card": f"c{n}", "merchant": f"m{n % 2}"} for n in range(N)],
    )


def test_bounds_are_those_of_the_live_scorer() -> None:
    rows = stored()
    snapshot = fold(
        policy_change(
            segment("large", "amount > 30 && currency == 'EUR'".replace("'", '"'), 2.0),
            segment("sure", "surprise > 0.5 && amount > 20", 1.0),
            segment("declined", "hour(time) < 3", None, 5.0),
        )
    )
    assert snapshot.policy is not None
    assert snapshot.policy.dormant == {}
    found = own_bounds(snapshot, rows)
    assert snapshot.stack is not None
    surprise = snapshot.stack.score(rows.features)[0]
    keys = [
        ByteStrings.from_list([one[kind].encode() for one in rows.entities]) for kind in ("card", "merchant")
    ]
    currency = np.array([0x455552 if one == "EUR" else 0x555344 for one in rows.currency], np.int32)
    none = np.full((N, 2), np.nan, np.float32)
    of = Transactions(rows.features, rows.event_time, rows.amount, currency, rows.category, keys, none)
    live = bounds_of(
        snapshot, rows_for(of, snapshot.stack, none, ("card", "merchant"), surprise, surprise), keys[0], N
    )
    threshold = snapshot.threshold
    assert threshold is not None
    assert 0 < np.sum(~np.isnan(found)) < N
    assert np.where(np.isnan(found), threshold, found).tolist() == live.review.tolist()


def test_without_a_bound_of_its_own_no_segment_decides() -> None:
    only_declines = fold(policy_change(segment("large", "amount > 30", None, 4.0)))
    assert not has_own_bounds(only_declines)
    assert np.isnan(own_bounds(only_declines, stored())).all()
    assert not has_own_bounds(fold())


def test_the_worker_prepares_bounds_once_for_its_traffic(worker: WorkerInMemory) -> None:
    before = worker.context.preparation.ready(worker.log.refresh())
    assert before.bounds is None
    worker.log.announce(policy_change(review=0.7))
    ready = worker.context.preparation.ready(worker.log.refresh())
    assert ready.bounds is not None
    assert np.allclose(ready.bounds, 0.7)
    assert len(ready.bounds) == len(ready.prepared)
