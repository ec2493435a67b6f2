"""Bases of the control log: time in force, outcomes of alerts, training, comparison of two."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from console.card_tokens import CardTokens
from console.context import ConsoleContext
from console.services.bases import periods_in_force
from control.change import Change
from control.entry import Kind
from control.envelope import seal
from control.keys import ControlKey
from meta.base import BaseModel, Provenance
from recorder.rows import control_row
from settings import Settings
from storage.control_entries import ControlEntry
from tests.small_models import NAMES, base_change, on_trial, retirement, small_base
from tests.unit.console.at_hand import Clock, LagAtHand, ModelsAtHand, WorkerAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import DAY, alert_row

SECRET = "a key for these tests alone"
Sign = Callable[[str], Person]


@pytest.fixture
def context(
    engine: Engine, clock: Clock, worker: WorkerAtHand, models: ModelsAtHand, lag: LagAtHand
) -> ConsoleContext:
    cards, key = CardTokens("card", SECRET.encode()), ControlKey.single(SECRET)
    return ConsoleContext(engine, Settings(), cards, worker, models, lag, clock, key)


def trained(seed: int, names: tuple[str, ...] = NAMES) -> BaseModel:
    """Return a base trained on days `seed` to `seed` + 1."""
    provenance = Provenance((86_400.0 * seed, 86_400.0 * (seed + 1)), f"hash-{seed}", seed, 1_000, 12)
    return replace(small_base(seed, names), provenance=provenance)


def announce(context: ConsoleContext, *changes: Change) -> None:
    """Record changes at offsets 0, 1, ..., signed an hour apart."""
    key = ControlKey.single(SECRET)
    with context.unit() as unit:
        for offset, change in enumerate(changes):
            entry = change.entry(sequence=offset, time=DAY + 3_600.0 * offset)
            row = control_row(seal(entry, key), entry.key, offset, key)
            unit.control.add_many([row])
        unit.commit()


def three_bases(context: ConsoleContext) -> None:
    """Bases at offsets 0, 1 and 3, a refitted threshold at 2; alerts tx-0 to tx-3 of the first two."""
    fitted = Change(Kind.THRESHOLD, "joint", "test", "fitted", {}, {"threshold": 3.7})
    bases = [
        replace(base_change(trained(seed), threshold=3.0), author=author, reason=reason)
        for seed, author, reason in ((1, "ada", "the first"), (2, "bob", "drift"), (3, "cy", "more data"))
    ]
    announce(context, bases[0], bases[1], fitted, bases[2])
    with context.unit() as unit:
        unit.alerts.add_many(alerts_under([0, 1, 1, 2]))
        unit.alerts.set_status(["tx-1", "tx-3"], "confirmed")
        unit.alerts.set_status(["tx-2"], "rejected")
        unit.commit()


def alerts_under(offsets: list[int]) -> Iterator[tuple[Any, ...]]:
    """Add alerts tx-0, ... of the base, each scored under one of the control offsets."""
    for n, offset in enumerate(offsets):
        row = list(alert_row(n))
        row[4] = json.dumps({**json.loads(str(row[4])), "control_offset": offset})
        yield tuple(row)


def test_every_base_is_listed_with_its_time_in_force_and_what_ended_it(
    person: Sign, context: ConsoleContext
) -> None:
    three_bases(context)
    rows = person("viewer").get("/detectors/bases").json()["rows"]
    assert [(row["id"], row["status"], row["author"], row["reason"]) for row in rows] == [
        ("base", "live", "cy", "more data"),
        ("base@1", "retired", "bob", "drift"),
        ("base@0", "retired", "ada", "the first"),
    ]
    periods = [row["in_force"] for row in rows]
    assert [(s["from_offset"], s["to_offset"], s["replaced_by"], s["why_replaced"]) for s in periods] == [
        (3, None, "", ""),
        (1, 3, "cy", "more data"),
        (0, 1, "bob", "drift"),
    ]
    assert [(s["began_at"], s["ended_at"]) for s in periods][1] == (DAY + 3_600.0, DAY + 10_800.0)
    assert [s["threshold"] for s in periods] == [3.0, 3.7, 3.0]
    assert [s["rollback_offset"] for s in periods] == [None, 3, None]


def test_a_base_has_the_alerts_of_its_own_time_alone(person: Sign, context: ConsoleContext) -> None:
    three_bases(context)
    rows = person("viewer").get("/detectors/bases").json()["rows"]
    told = [(row["alerts"], row["confirmed"], row["rejected"], row["precision"]) for row in rows]
    assert told == [(0, 0, 0, None), (3, 2, 1, pytest.approx(2 / 3)), (1, 0, 0, None)]


def test_its_training_is_read_from_its_artifact(person: Sign, context: ConsoleContext) -> None:
    three_bases(context)
    training = person("viewer").get("/detectors/base@1").json()["training"]
    assert training == {
        "artifact": trained(2).content_hash, "data_hash": "hash-2", "first_at": 172_800.0,
        "last_at": 259_200.0, "rows": 1_000, "frauds": 12, "seed": 2, "held_out": [],
        "features": list(NAMES),
    }  # fmt: skip


def test_two_bases_are_compared_by_training_threshold_features_and_alerts(
    person: Sign, context: ConsoleContext
) -> None:
    other = ("log_amount", "card_z_7d", "hour_sin")
    announce(context, base_change(trained(1, other), threshold=2.5), base_change(trained(2)))
    with context.unit() as unit:
        unit.alerts.add_many(alerts_under([0, 0, 1]))
        unit.commit()
    told = person("viewer").get("/detectors/compare", a="base@0", b="base").json()["differences"]
    sides = {one["what"]: (one["a"], one["b"]) for one in told}
    assert sides["alerts"] == (2, 1)
    assert sides["in force: threshold"] == (2.5, 3.0)
    assert sides["training: data_hash"] == ("hash-1", "hash-2")
    assert sides["training: first_at"] == (86_400.0, 172_800.0)
    assert sides["training: features of its own"] == (["card_z_7d"], ["card_z_1d"])
    assert "training: rows" not in sides


def test_a_base_on_trial_is_compared_with_the_one_in_force(person: Sign, context: ConsoleContext) -> None:
    announce(context, base_change(trained(1)), on_trial(base_change(trained(2), identity="base-new"), 3.0))
    told = person("viewer").get("/detectors/compare", a="base", b="base-new").json()["differences"]
    assert {"what": "training: seed", "a": 1, "b": 2} in told


def test_what_another_key_signed_tells_no_training(person: Sign, context: ConsoleContext) -> None:
    three_bases(context)
    with context.unit() as unit:
        entry = unit.control.get(1)
        assert entry is not None
        entry.value = entry.value[:-1] + bytes([entry.value[-1] ^ 1])
        unit.commit()
    rows = person("viewer").get("/detectors/bases").json()["rows"]
    assert [row["training"] is None for row in rows] == [False, True, False]


def test_a_base_that_was_rolled_back_can_be_brought_back_and_no_earlier_one(
    person: Sign, context: ConsoleContext, worker: WorkerAtHand
) -> None:
    three_bases(context)
    (offset,) = {
        row["in_force"]["rollback_offset"]
        for row in person("lead").get("/detectors/bases").json()["rows"]
        if row["in_force"]["rollback_offset"] is not None
    }
    assert person("lead").post(f"/control-entries/{offset}/rollback", {}).status_code == 200
    assert [(one.kind, one.name) for one in worker.asked] == [("rollback", "base/base")]
    assert person("lead").post("/control-entries/1/rollback", {}).status_code == 409


def test_where_all_bases_are_taken_away_none_is_in_force(person: Sign, context: ConsoleContext) -> None:
    announce(context, base_change(trained(1)), retirement(Kind.BASE, "base"))
    viewer = person("viewer")
    assert viewer.get("/detectors").json()["rows"] == []
    (row,) = viewer.get("/detectors/bases").json()["rows"]
    assert (row["status"], row["in_force"]["rollback_offset"]) == ("retired", 1)
    assert viewer.get("/detectors/base").status_code == 404


def entries() -> st.SearchStrategy[list[ControlEntry]]:
    """Draw logs of two base keys: announcements, retirements, and replays of earlier signed entries."""
    one = st.tuples(st.sampled_from(["base", "other"]), st.booleans(), st.integers(0, 9))
    return st.lists(one, max_size=9).map(
        lambda made: [
            ControlEntry(control_offset=at, kind="base", entry_id=name, retired=gone, sequence=sequence)
            for at, (name, gone, sequence) in enumerate(made)
        ]
    )


@given(entries())
def test_at_each_offset_just_the_base_announced_last_is_in_force(log: list[ControlEntry]) -> None:
    periods, standing = periods_in_force(log), dict[str, ControlEntry]()
    for at, entry in enumerate(log):
        before = standing.get(entry.entry_id)
        if before is None or entry.sequence > before.sequence:
            standing[entry.entry_id] = entry
        left = [one.control_offset for one in standing.values() if not one.retired]
        assert [period.entry.control_offset for period in periods if period.holds(at)] == sorted(left)[-1:]
    assert len({period.id for period in periods}) == len(periods)
