"""A new base learns from the last verdicts; alerts without a verdict are left out."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine

from storage import UnitOfWork
from storage.alerts import AlertRow
from storage.episodes import LIVE, LOOKALIKE, SUPPORT, Episode, EpisodeTransaction
from storage.labelled_history import load_genuine_traffic, load_known_frauds
from storage.labels import FRAUD, GENUINE

ScoredRow = Callable[..., tuple[Any, ...]]
WIDTH = 3


def store(engine: Engine, scored_row: ScoredRow) -> None:
    """Store six: 1 is a flagged fraud, 2 a fraud without an episode, 3 is cleared, 4 has no verdict."""
    verdicts = [
        ("1", FRAUD, 1.0),
        ("2", GENUINE, 1.0),
        ("2", FRAUD, 2.0),
        ("3", FRAUD, 1.0),
        ("3", GENUINE, 9.0),
    ]
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many([scored_row(offset=n, event_time=100.0 - n) for n in range(6)])
        unit.labels.add_many(
            [(f"tx-0-{n}", verdict, "analyst", "ada", at, f"r-{at}-{n}") for n, verdict, at in verdicts]
        )
        unit.session.add(
            AlertRow(source_partition=0, source_offset=4, transaction_id="tx-0-4", raised_at=96.0, body={})
        )
        parts = [
            EpisodeTransaction(transaction_id="tx-0-1", role=SUPPORT),
            EpisodeTransaction(transaction_id="tx-0-3", role=LOOKALIKE),
        ]
        episode = Episode(
            id="e", request_id="r", name="gift cards", author="ada", status=LIVE, flagged_at=1.0,
            transactions=parts,
        )  # fmt: skip
        unit.episodes.add(episode)
        unit.commit()


def test_frauds_are_those_by_the_last_verdict_with_the_episode_that_names_them(
    engine: Engine, scored_row: ScoredRow
) -> None:
    store(engine, scored_row)
    with UnitOfWork(engine, reads_only=True) as unit:
        found = load_known_frauds(unit.session, WIDTH)
        other = load_known_frauds(unit.session, WIDTH + 1)
    assert found.sample.transaction_ids == ["tx-0-2", "tx-0-1"]
    assert found.episodes == ["", "gift cards"]
    assert found.sample.features.tolist() == [[0.5, -2.0, 3.25]] * 2
    assert len(other.sample) == 0


def test_genuine_traffic_holds_no_fraud_and_no_alert_that_nobody_judged(
    engine: Engine, scored_row: ScoredRow
) -> None:
    store(engine, scored_row)
    with UnitOfWork(engine, reads_only=True) as unit:
        found = load_genuine_traffic(unit.session, unit.past, 100, seed=0)
    assert found.transaction_ids == ["tx-0-5", "tx-0-0"]
    assert len(found.entities) == len(found.features) == 2
