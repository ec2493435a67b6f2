"""Live rules that add to lists: what the scorer writes for them depends on batch and control log alone."""

from __future__ import annotations

import msgspec
import pytest

from contracts.shadow_alert import ShadowAlert
from control.change import Change
from control.snapshot import Snapshot
from stream.scoring.decide import Scores, score_batch
from stream.scoring.shadow_alerts import MOST_MATCHES, list_additions
from tests.batches import batch_of
from tests.named_lists import WIDE, list_changes
from tests.written_rules import fold, rule_change

ENTITIES = ("card", "merchant")
BATCH = batch_of(40, width=len(WIDE))
KEYS = [(key or b"").decode() for key in BATCH.columns.keys[0].to_list()]


def adding(identity: str, condition: str, **fields: object) -> Change:
    terms = {"action": "add_to_list", "to_list": "watched", "entity": "card", "lasting": "7d", **fields}
    return rule_change(identity, condition, **terms)


def written(snapshot: Snapshot) -> list[ShadowAlert]:
    scores = score_batch(BATCH, snapshot, ENTITIES)
    assert scores.matched is not None
    _, values = list_additions(BATCH, scores, scores.matched, snapshot, ENTITIES)
    return [msgspec.json.decode(value or b"", type=ShadowAlert) for value in values.to_list()]


def test_each_matching_entity_is_written_once_with_its_list() -> None:
    told = written(fold(*list_changes("watched", of="card"), adding("r", "amount > 30"), names=WIDE))
    assert [one.key for one in told] == list(dict.fromkeys(KEYS[30:]))
    assert {(one.shadow, one.to_list) for one in told} == {("rule/r", "watched")}
    assert {one.transaction_id for one in told} <= {
        (one or b"").decode() for one in BATCH.columns.id.to_list()[30:]
    }


def test_who_is_on_the_list_is_not_written_again_until_the_entry_ends() -> None:
    listed = list_changes("watched", KEYS[39], of="card")
    assert KEYS[39] not in {one.key for one in written(fold(*listed, adding("r", "amount > 30"), names=WIDE))}
    ended = list_changes("watched", KEYS[39], of="card", until=float(BATCH.columns.time.min()) - 1.0)
    assert KEYS[39] in {one.key for one in written(fold(*ended, adding("r", "amount > 30"), names=WIDE))}


def test_a_rule_in_shadow_adds_nothing_and_decides_nothing() -> None:
    lists = list_changes("watched", of="card")
    shadow = fold(*lists, adding("r", "true", mode="shadow"), names=WIDE)
    assert written(shadow) == []
    plain, live = (
        score_batch(BATCH, one, ENTITIES)
        for one in (fold(*lists, names=WIDE), fold(*lists, adding("r", "true"), names=WIDE))
    )
    assert same(plain, live)


def test_one_batch_asks_for_a_bounded_number_of_entities() -> None:
    many = batch_of(3 * MOST_MATCHES, width=len(WIDE))
    snapshot = fold(*list_changes("watched"), adding("r", "true", entity="merchant"), names=WIDE)
    scores = score_batch(many, snapshot, ENTITIES)
    assert scores.matched is not None
    rows, _ = list_additions(many, scores, scores.matched, snapshot, ENTITIES)
    assert 0 < len(rows) <= MOST_MATCHES


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"to_list": "watchd"}, "did you mean 'watched'"),
        ({"entity": "cart"}, "did you mean 'card'"),
        ({"entity": "merchant"}, "holds ids of the kind card"),
    ],
)
def test_a_rule_whose_list_does_not_fit_is_dormant(fields: dict[str, object], why: str) -> None:
    snapshot = fold(*list_changes("watched", of="card"), adding("r", "true", **fields), names=WIDE)
    assert why in snapshot.written.dormant["r"]


def same(one: Scores, other: Scores) -> bool:
    return one.surprise.tobytes() == other.surprise.tobytes() and (one.decision == other.decision).all()
