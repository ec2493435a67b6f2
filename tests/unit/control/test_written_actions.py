"""Rules that raise or lower the surprise, that tag, and that route alerts, beside rules that decide."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from contracts.alert import Alert
from contracts.decision import Decision
from control.change import Change
from control.entry import Kind
from control.rules import RULES, rules_to_bytes
from control.snapshot import Snapshot
from control.suppressions import Suppression
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from meta.calibration import CEILING
from stream.scoring.alerts import AlertWriter
from stream.scoring.decide import Scores, score_batch, score_rows
from stream.scoring.marks import MOST_TAGS, tag_texts
from stream.scoring.score_json import ScoreWriter
from stream.scoring.shadow_alerts import shadow_matches
from stream.scoring.written_rules import Transactions
from tests.batches import batch_of
from tests.small_models import NAMES
from tests.written_rules import fold, rule_change

ENTITIES = ("card", "merchant")
BATCH = batch_of(40, width=len(NAMES))
START = float(BATCH.columns.time[0])


def scores_of(snapshot: Snapshot) -> Scores:
    return score_batch(BATCH, snapshot, ENTITIES)


def raising(identity: str, condition: str, by: float, **fields: Any) -> Change:
    return rule_change(identity, condition, action="raise", by=by, **fields)


def suppressed(**fields: object) -> Change:
    one = Suppression(**fields)  # type: ignore[arg-type]
    return Change(Kind.SUPPRESSION, one.id, "ada", "", {RULES: rules_to_bytes([one.rule])}, {})


def winners(scores: Scores) -> list[str]:
    return [scores.winners[at] for at in scores.winner.tolist()]


def tagging(identity: str, condition: str, tag: str, **fields: Any) -> Change:
    return rule_change(identity, condition, action="tag", tag=tag, **fields)


def routing(identity: str, condition: str, queue: str, **fields: Any) -> Change:
    return rule_change(identity, condition, action="queue", queue=queue, **fields)


PLAIN = scores_of(fold(threshold=2.9))


def test_raised_surprise_meets_the_threshold_and_the_scorer_stays_as_it_was() -> None:
    raised = scores_of(fold(raising("r", "amount > 20", 3.0), threshold=2.9))
    assert raised.surprise[20:].tolist() == (PLAIN.surprise[20:] + 3.0).tolist()
    assert raised.surprise[:20].tobytes() == PLAIN.surprise[:20].tobytes()
    assert set(raised.decision[20:].tolist()) == {Decision.REVIEW}
    assert winners(raised) == winners(PLAIN)


def test_lowered_surprise_is_approved_and_not_below_zero() -> None:
    before = scores_of(fold(threshold=-1.0))
    lowered = scores_of(fold(rule_change("r", "amount > 20", action="lower", by=3.0), threshold=0.5))
    assert set(before.decision.tolist()) == {Decision.REVIEW}
    assert lowered.surprise[20:].tolist() == np.maximum(PLAIN.surprise[20:] - 3.0, 0.0).tolist()
    assert (lowered.surprise[20:] == 0.0).any()


def test_several_rules_add_up_within_the_bound() -> None:
    up = [raising(f"up-{n}", "amount > 0", 2.0) for n in range(9)]
    down = rule_change("down", "amount > 30", action="lower", by=1.25)
    one, many = scores_of(fold(up[0], down)), scores_of(fold(*up))
    assert one.surprise[30:].tolist() == (PLAIN.surprise[30:] + 0.75).tolist()
    assert many.surprise.tolist() == np.minimum(PLAIN.surprise + 3.0, CEILING).tolist()


def test_rules_that_decide_read_the_raised_surprise_and_win_over_the_threshold() -> None:
    deciding = rule_change("d", "surprise >= 3", action="decline", order=0)
    both = scores_of(fold(raising("r", "amount > 30", 3.0, order=9), deciding, threshold=9.0))
    assert winners(both)[30:] == ["rule/d"] * 10
    assert (both.decision == Decision.DECLINE).tolist() == (both.surprise >= 3.0).tolist()


@pytest.mark.parametrize("action", ["raise", "lower"])
def test_a_rule_cannot_read_the_surprise_that_it_changes(action: str) -> None:
    snapshot = fold(rule_change("r", "amount > 5 && surprise > 2", action=action, by=1.0))
    assert "cannot read surprise" in snapshot.written.dormant["r"]
    assert fold(rule_change("r", "base.surprise > 2", action=action, by=1.0)).written.dormant == {}


def test_suppressions_keep_a_rule_from_raising_tagging_and_routing() -> None:
    for_all = suppressed(scorer="rule/r", until=START + 15.0)
    quiet = scores_of(fold(raising("r", "amount > 0", 1.0), for_all))
    changed = quiet.surprise != PLAIN.surprise
    assert changed.tolist() == [False] * 15 + [True] * 25
    of_card = suppressed(entity="card", key="card-1", scorer="rule/r")
    some = scores_of(fold(raising("r", "amount > 0", 1.0), of_card))
    assert ((some.surprise == PLAIN.surprise) == (np.arange(40) % 3 == 1)).all()
    tags = alerts_of(tagging("r", "amount > 0", "x"), of_card, threshold=-1.0)
    assert [one.tags for one in tags] == [[] if n % 3 == 1 else ["x"] for n in range(40)]


def test_in_shadow_a_rule_changes_nothing_and_its_matches_are_recorded() -> None:
    snapshot = fold(
        raising("r", "amount > 38", 1.0, mode="shadow"), tagging("t", "amount > 39", "x", mode="shadow")
    )
    scores = scores_of(snapshot)
    assert scores.surprise.tobytes() == PLAIN.surprise.tobytes()
    assert scores.shifted is not None
    assert scores.matched is not None
    rows, _ = shadow_matches(BATCH, scores, scores.shifted, snapshot.written.shifting)
    assert rows.tolist() == [38, 39]
    rows, _ = shadow_matches(BATCH, scores, scores.matched, snapshot.written.others)
    assert rows.tolist() == [39]
    assert alerts_of(tagging("t", "true", "x", mode="shadow"), threshold=-1.0)[0].tags == []


def test_a_row_alone_is_scored_as_in_a_batch() -> None:
    snapshot = fold(
        raising("a", "amount > 5", 0.1),
        rule_change("b", "hour(time) >= 0 && amount < 30", action="lower", by=0.3, percent=50),
        raising("c", "base.surprise > 0.2", 0.7),
        rule_change("d", "surprise > 1 && amount > 20", action="decline"),
        tagging("t", "amount > 9", "x"),
    )
    whole, of = scores_of(snapshot), Transactions.of(BATCH)
    for row in range(40):
        one = np.array([row])
        alone = score_rows(
            Transactions(
                of.features[one], of.time[one], of.amount[one], of.currency[one], of.category[one],
                [keys.take(one) for keys in of.keys], of.links[one],
            ),
            snapshot,
            ENTITIES,
        )  # fmt: skip
        assert alone.surprise.tobytes() == whole.surprise[one].tobytes()
        assert alone.decision[0] == whole.decision[row]


def alerts_of(*changes: Change, threshold: float = 20.0) -> list[Alert]:
    names = FeatureLayout(TransactionSchema()).names
    snapshot, batch = fold(*changes, threshold=threshold, names=names), batch_of(40, width=len(names))
    scores = score_batch(batch, snapshot, ENTITIES)
    rows = np.flatnonzero(scores.decision)
    found = AlertWriter(ENTITIES, names).write(batch, scores, snapshot, rows).to_list()
    return [msgspec.json.decode(one or b"", type=Alert) for one in found]


def test_an_alert_has_tags_the_first_queue_and_their_reasons() -> None:
    alerts = alerts_of(
        tagging("late", "amount > 38", "gift-cards", order=9, note="a gift card"),
        tagging("early", "amount > 39", "night", order=1),
        tagging("again", "amount > 39", "night", order=2),
        routing("q2", "amount > 38", "second", order=2),
        routing("q1", "amount > 39", "first", order=1),
        raising("up", "amount > 39", 0.5, note="a new shop"),
        rule_change("d", "amount > 38"),
    )
    assert [(one.tags, one.queue) for one in alerts] == [
        (["gift-cards"], "second"),
        (["night", "gift-cards"], "first"),
    ]
    words = [reason.words for reason in alerts[1].reasons]
    assert words[0] == "rule: amount > 38"
    assert "raise by 0.5: a new shop" in words
    assert "queue first: amount > 39" in words


def test_scores_carry_their_tags_and_others_are_written_as_before() -> None:
    snapshot = fold(tagging("a", "amount > 20", "x"), tagging("b", "amount > 30", "y", order=1))
    scores = scores_of(snapshot)
    tags = tag_texts(scores.matched, snapshot.written.others, 40)
    writer = ScoreWriter("transaction_id", "card_id")
    values = writer.write(BATCH, scores, tags).to_list()
    written = [msgspec.json.decode(value or b"") for value in values]
    assert [one.get("tags", []) for one in written] == [[]] * 20 + [["x"]] * 10 + [["y", "x"]] * 10
    assert values[:20] == writer.write(BATCH, scores).to_list()[:20]


def test_the_tags_of_one_transaction_are_bounded() -> None:
    alerts = alerts_of(*(tagging(f"t{n}", "true", f"tag-{n}", order=n) for n in range(20)), threshold=-1.0)
    assert alerts[0].tags == [f"tag-{n}" for n in range(MOST_TAGS)]


def test_tags_and_queues_decide_nothing() -> None:
    marked = scores_of(fold(tagging("t", "true", "x", order=0), routing("q", "true", "y", order=0)))
    plain = scores_of(fold())
    assert marked.decision.tolist() == plain.decision.tolist()
    assert winners(marked) == winners(plain)
