"""Named lists on the control log: they decide, rules read them, and a change costs its own size."""

from __future__ import annotations

import numpy as np
import pytest

from contracts.decision import Decision
from control.change import Change
from control.entry import Kind
from control.errors import MalformedEntry
from control.list_entries import DEFINITION, VALUES, bucket_from_bytes, bucket_to_bytes
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from meta.tensors import BrokenArtifact, pack
from rules.lists.bucket import Bucket, Listed
from stream.scoring.decide import Scores, score_batch
from stream.scoring.named_lists import list_reasons
from tests.batches import batch_of
from tests.named_lists import WIDE, buckets_of, list_changes
from tests.small_models import retirement
from tests.written_rules import fold as folded
from tests.written_rules import rule_change

ENTITIES = ("card", "merchant")
CARD_1 = np.arange(40) % 3 == 1  # of `batch_of`


def fold(*changes: Change) -> Snapshot:
    return folded(*changes, names=WIDE)


def scores_of(snapshot: Snapshot, count: int = 40) -> Scores:
    return score_batch(batch_of(count, width=len(WIDE)), snapshot, ENTITIES)


def winners(scores: Scores) -> list[str]:
    return [scores.winners[at] for at in scores.winner.tolist()]


def test_a_block_list_declines_exactly_the_transactions_of_its_values() -> None:
    plain, blocked = (
        scores_of(fold()),
        scores_of(fold(*list_changes("stolen", "card-1", use="block", of="card"))),
    )
    assert set(blocked.decision[CARD_1].tolist()) == {Decision.DECLINE}
    assert {name for name, at in zip(winners(blocked), CARD_1, strict=True) if at} == {"block"}
    assert blocked.decision[~CARD_1].tolist() == plain.decision[~CARD_1].tolist()
    assert blocked.surprise.tobytes() == plain.surprise.tobytes()


def test_an_allow_list_wins_over_block_lists_rules_and_blocks_of_entities() -> None:
    block = Change(
        Kind.LIST, "old", "t", "", {RULES: rules_to_bytes([Rule("card", "card-1", Effect.BLOCK)])}, {}
    )
    scores = scores_of(
        fold(
            *list_changes("vip", "card-1", use="allow", of="card"),
            *list_changes("bad", "card-1", "card-2", use="block", of="card"),
            rule_change("all", "amount > 0", action="decline"),
            block,
        )
    )
    assert set(scores.decision[CARD_1].tolist()) == {Decision.APPROVE}
    assert {one for one, at in zip(winners(scores), CARD_1, strict=True) if at} <= {"base"}
    assert set(scores.decision[~CARD_1].tolist()) == {Decision.DECLINE}
    assert set(winners(scores)) == {"base", "block", "rule/all"}


def test_a_rule_reads_a_list_and_follows_its_changes_without_being_compiled_again() -> None:
    rule = rule_change("watched", "card.id in lists.watched && amount > 10")
    before = fold(*list_changes("watched", of="card"), rule)
    (bucket,) = [c for c in list_changes("watched", "card-1", of="card") if VALUES in c.parts]
    after = before.apply(bucket.entry(sequence=99, time=0.0), 99)
    assert after.written is before.written
    assert "rule/watched" not in winners(scores_of(before))
    matched = [name == "rule/watched" for name in winners(scores_of(after))]
    assert matched == (CARD_1 & (np.arange(1, 41) > 10)).tolist()
    gone = after.apply(retirement(Kind.LIST, bucket.id).entry(sequence=100, time=0.0), 100)
    assert "rule/watched" not in winners(scores_of(gone))


def test_a_rule_without_its_list_is_dormant_and_of_another_kind_is_refused() -> None:
    rule = rule_change("r", "card.id in lists.watched")
    assert "no list 'watched'" in fold(rule).written.dormant["r"]
    assert (
        "holds ids of the kind merchant"
        in fold(rule, *list_changes("watched", of="merchant")).written.dormant["r"]
    )
    assert not fold(rule, *list_changes("watched")).written.dormant


def test_a_value_counts_until_its_end_by_event_time() -> None:
    first = float(batch_of(1).columns.time[0])
    until = first + 20.0
    scores = scores_of(fold(*list_changes("stolen", "card-1", use="block", of="card", until=until)))
    at = np.flatnonzero(CARD_1)
    assert [scores.decision[row] == Decision.DECLINE for row in at] == [row < 20 for row in at]


def test_the_order_of_entries_does_not_matter_as_after_compaction() -> None:
    changes = list_changes("stolen", "card-1", "card-2", use="block", of="card")
    forward, backward = scores_of(fold(*changes)), scores_of(fold(*reversed(changes)))
    assert forward.decision.tolist() == backward.decision.tolist()


def test_reasons_name_the_list_and_why_blocks_first() -> None:
    snapshot = fold(
        *list_changes("watched", "merchant-1", of="merchant", reason="refunds"),
        *list_changes("zz_stolen", "card-1", use="block", of="card"),
    )
    columns = batch_of(2, width=len(WIDE)).columns
    reasons = list_reasons(snapshot.lists, ENTITIES, columns.keys, columns.time)
    assert {row: [one.words for one in found] for row, found in reasons.items()} == {
        1: ["card is on the block list zz_stolen", "merchant is on the watch list watched: refunds"]
    }


def broken(**changed: object) -> bytes:
    bucket = Bucket.of_values({b"a": Listed(), b"b": Listed()})
    tensors = {
        "bytes": np.frombuffer(b"ab", np.uint8), "end": bucket.keys.end, "until": bucket.until,
        "added": bucket.added, "note": bucket.note, "notes": np.frombuffer(b'[["","",""]]', np.uint8),
        **changed,
    }  # fmt: skip
    return pack(tensors, {"kind": "listed"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        broken(end=np.array([1, 9])),
        broken(end=np.array([2, 1])),
        broken(end=np.array([-5, 2])),
        broken(end=np.array([1.0, 2.0])),
        broken(end=np.array([[1, 2]])),
        broken(until=np.array([np.nan, 1.0])),
        broken(until=np.array([1.0])),
        broken(note=np.array([0, 7], np.int32)),
        broken(notes=np.frombuffer(b"[", np.uint8)),
    ],
)
def test_a_broken_bucket_is_refused(data: bytes) -> None:
    with pytest.raises(BrokenArtifact):
        bucket_from_bytes(data, 0)


def test_a_bucket_survives_its_bytes() -> None:
    for number, bucket in buckets_of(
        {b"m%d" % n: Listed(5.0, "r", "s", "ada", 1.0) for n in range(600)}
    ).items():
        again = bucket_from_bytes(bucket_to_bytes(bucket), number)
        assert list(again.items()) == list(bucket.items())


def test_an_entry_under_a_wrong_id_is_refused() -> None:
    change = Change(
        Kind.LIST, "a", "t", "", {VALUES: bucket_to_bytes(Bucket.of_values({b"a": Listed()}))}, {}
    )
    with pytest.raises(MalformedEntry, match="buckets"):
        fold(change)
    with pytest.raises(MalformedEntry, match="list name"):
        fold(Change(Kind.LIST, "A-b", "t", "", {DEFINITION: b"{}"}, {}))


def test_an_absent_key_is_on_no_list() -> None:
    table = fold(*list_changes("all", "card-1")).lists.by_name["all"]
    assert table.holds(ByteStrings.from_list([None, b"card-1", b""]), np.zeros(3)).tolist() == [
        False,
        True,
        False,
    ]
