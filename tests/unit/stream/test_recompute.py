"""A stored score is recomputed bit for bit, under the snapshot in force at its scoring."""

import msgspec
import numpy as np
import pytest

from contracts.decision import Decision
from contracts.scored_batch import scored_schema
from contracts.stage_batch import to_message
from control.change import Change
from control.entry import Kind
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.snapshot import Snapshot
from features.links import links_of
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from recorder.rows import scored_rows
from storage.scored_transactions import COLUMNS, ScoredTransaction
from stream.scoring.decide import NothingInForce, score_batch
from stream.scoring.recompute import recompute
from stream.scoring.scorer import to_scored
from tests.batches import batch_of
from tests.small_models import base_change, detector_change, network_change, small_base, small_network
from tests.written_rules import rule_change

ENTITIES = ("card", "merchant")
NETWORK = small_network()
RISK = Change(
    Kind.RISK,
    "one",
    "test",
    "",
    {
        RULES: rules_to_bytes(
            [
                Rule("card", "card-1", Effect.BOOST, count=1.7, as_of=1.7e9 - 5, half_life_s=77.0),
                Rule("merchant", "merchant-1", Effect.BLOCK, until=1.7e9 + 20),
            ]
        )
    },
    {},
)


def snapshots() -> dict[int, Snapshot]:
    """Return the snapshot in force at each offset, from a base alone to detectors and risk."""
    found, snapshot = {}, Snapshot()
    changes = [
        base_change(small_base(), threshold=1.0),
        network_change(NETWORK),
        detector_change(NETWORK, "a"),
        RISK,
    ]
    for offset, change in enumerate(changes):
        found[offset] = snapshot = snapshot.apply(change.entry(sequence=offset + 1, time=0.0), offset)
    return found


def stored(snapshot: Snapshot, width: int = 3) -> list[ScoredTransaction]:
    """Return forty transactions, scored together, as rows of the database."""
    batch = batch_of(40, width=width)
    scores = score_batch(batch, snapshot, ENTITIES)
    message = to_message(to_scored(batch, scores, scored_schema(ENTITIES, width)))
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in scored_rows(message.to_pybytes())]
    return [ScoredTransaction(**row | {"entities": msgspec.json.decode(row["entities"])}) for row in rows]


def test_every_score_comes_out_equal_under_its_control_offset() -> None:
    at = snapshots()
    rows = [row for offset in at for row in stored(at[offset])]
    again = list(recompute(rows, at.__getitem__))
    assert len(again) == 160
    assert all(one.equal for one in again)
    decisions = {one.decision for one in again}
    assert decisions == set(Decision)


def test_a_score_that_was_changed_or_made_under_something_else_is_found() -> None:
    at = snapshots()
    rows = stored(at[3])
    rows[0].surprise = float(np.nextafter(rows[0].surprise, 9.0))
    rows[1].winner_id = "another"
    assert [one.equal for one in recompute(rows, at.__getitem__)][:3] == [False, False, True]
    assert not all(one.equal for one in recompute(stored(at[3]), lambda _: at[0]))


def test_nothing_is_recomputed_without_a_base() -> None:
    with pytest.raises(NothingInForce):
        list(recompute(stored(snapshots()[0]), lambda _: Snapshot()))


def test_decisions_over_links_and_confirmed_frauds_come_out_equal() -> None:
    """Each score counts the frauds that its control offset knew, and no later ones."""
    names = FeatureLayout(TransactionSchema()).names
    known = [Rule("merchant", "merchant-1", Effect.WATCH, count=2.0, as_of=1.7e9)]
    frauds = Change(Kind.RISK, "two", "test", "", {RULES: rules_to_bytes(known)}, {})
    changes = [
        base_change(small_base(names=names), threshold=9.0),
        rule_change("many", "merchant.cards_7d >= 2", action="review", order=1),
        rule_change("linked", "frauds_within_two_links >= 2", action="decline", order=2),
        frauds,
    ]
    at, snapshot = dict[int, Snapshot](), Snapshot()
    for offset, change in enumerate(changes):
        at[offset] = snapshot = snapshot.apply(change.entry(sequence=offset + 1, time=0.0), offset)
    rows = [row for offset in at for row in stored(at[offset], len(names))]
    assert all(one.equal for one in recompute(rows, at.__getitem__))
    winners = [{row.winner_id for row in stored(at[offset], len(names))} for offset in (1, 2, 3)]
    assert winners == [{"base", "rule/many"}, {"base", "rule/many"}, {"base", "rule/many", "rule/linked"}]
    links = links_of(stored(at[3], len(names))[1].links, 2)
    assert (links.partners.tolist(), links.frauds.tolist()) == ([[1.0, 1.0]], [[0.0, 2.0]])
