"""A scorer or a rule that is silenced for all entities decides nothing until the given event time."""

from __future__ import annotations

import numpy as np
import pytest

from contracts.decision import Decision
from control.change import Change
from control.entry import Kind
from control.errors import MalformedEntry
from control.rules import RULES, Effect, Rule, rules_to_bytes
from control.suppressions import Suppression, SuppressionError, read_suppression
from stream.scoring.decide import Scores, score_batch
from tests.batches import batch_of
from tests.small_models import NAMES, retirement
from tests.written_rules import fold, rule_change

START = float(batch_of(1).columns.time[0])


def suppression(**fields: object) -> Change:
    one = Suppression(**fields)  # type: ignore[arg-type]
    return Change(Kind.SUPPRESSION, one.id, "ada", "", {RULES: rules_to_bytes([one.rule])}, {})


def scores_of(*changes: Change, threshold: float = 3.0) -> Scores:
    snapshot = fold(*changes, threshold=threshold)
    return score_batch(batch_of(40, width=len(NAMES)), snapshot, ("card", "merchant"))


def winners(scores: Scores) -> list[str]:
    return [scores.winners[at] for at in scores.winner.tolist()]


def test_the_base_is_silent_until_the_end_by_event_time() -> None:
    assert set(scores_of(threshold=-1.0).decision.tolist()) == {Decision.REVIEW}
    quiet = scores_of(suppression(scorer="base", until=START + 15.0), threshold=-1.0)
    assert quiet.decision.tolist() == [Decision.APPROVE] * 15 + [Decision.REVIEW] * 25


def test_a_silenced_rule_lets_the_next_one_decide() -> None:
    rules = (
        rule_change("first", "amount > 0", order=1, action="decline"),
        rule_change("second", "amount > 10", order=2),
    )
    quiet = scores_of(*rules, suppression(scorer="rule/first", until=START + 20.0), threshold=9.0)
    assert winners(quiet) == ["base"] * 10 + ["rule/second"] * 10 + ["rule/first"] * 20
    assert set(winners(scores_of(*rules))) == {"rule/first"}


def test_blocks_still_decline_and_a_lifted_suppression_ends() -> None:
    block = Change(
        Kind.LIST, "b", "t", "", {RULES: rules_to_bytes([Rule("card", "card-1", Effect.BLOCK)])}, {}
    )
    quiet = suppression(scorer="base", until=START + 99.0)
    scores = scores_of(block, quiet, threshold=-1.0)
    on = np.arange(40) % 3 == 1
    assert set(scores.decision[on].tolist()) == {Decision.DECLINE}
    assert set(scores.decision[~on].tolist()) == {Decision.APPROVE}
    lifted = scores_of(quiet, retirement(Kind.SUPPRESSION, quiet.id), threshold=-1.0)
    assert set(lifted.decision.tolist()) == {Decision.REVIEW}


def test_a_suppression_of_everything_is_refused() -> None:
    everything = Rule("*", "*", Effect.SUPPRESS)
    with pytest.raises(MalformedEntry, match="names one scorer"):
        fold(Change(Kind.SUPPRESSION, "s", "t", "", {RULES: rules_to_bytes([everything])}, {}))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}", "names a scorer and an end"),
        ('{"scorer":"base"}', "names a scorer and an end"),
        ('{"entity":"card"}', "both kind and key"),
        ('{"entity":"card","key":"4111111111111111"}', "card number"),
        ('{"colour":1}', "cannot be read"),
    ],
)
def test_a_suppression_that_says_too_little_is_refused(text: str, words: str) -> None:
    with pytest.raises(SuppressionError, match=words):
        read_suppression(text)


def test_the_same_entity_and_scorer_have_one_suppression() -> None:
    one = read_suppression('{"entity":"card","key":"c1","until":5}')
    assert one.id == read_suppression('{"entity":"card","key":"c1","until":9}').id
    assert one.id != read_suppression('{"entity":"card","key":"c2"}').id
