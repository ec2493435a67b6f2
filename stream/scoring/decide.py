"""Turn features into scores and decisions, under one snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from control.snapshot import Snapshot
from rules.rule_set import Matched
from stream.batch import Batch
from stream.scoring.named_lists import by_lists, decide_by_lists
from stream.scoring.rules import decide, met_by_rows, raised
from stream.scoring.silenced import silence_rules, silence_scorers
from stream.scoring.written_rules import Transactions, decide_by_rules, match_rules

BASE_ID, BLOCK_ID = "base", "block"


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n transactions, all made under one snapshot.

    Attributes:
        surprise: float64 (n,), -log10 of the tail; the highest of base, detectors and risk.
        winner: int32 (n,), index into `winners` of the scorer with the highest surprise, or of what decided
            in its place.
        winners: id of each scorer, the base first; then `block`; then the written rules that decided.
        decision: int8 (n,), a `Decision` each.
        control_offset: the snapshot's place in the control log.
        matched: which written rules match; None without such rules.
    """

    surprise: NDArray[np.float64]
    winner: NDArray[np.int32]
    winners: Sequence[str]
    decision: NDArray[np.int8]
    control_offset: int
    matched: Matched | None = None

    @property
    def tail(self) -> NDArray[np.float64]:
        """Share of genuine traffic that scores higher, float64 (n,), over 0 to 1."""
        return np.power(10.0, -self.surprise)


class NothingInForce(Exception):
    """The control log has no base yet, so nothing can be scored."""


class ForeignBase(Exception):
    """The base in force was trained on other features than this configuration computes."""


def check_features(trained_on: Sequence[str], computed: Sequence[str]) -> None:
    """Check that the base reads exactly the features that are computed, in their order.

    Raises:
        ForeignBase: it does not.
    """
    if tuple(trained_on) != tuple(computed):
        missing = sorted(set(trained_on) - set(computed))
        unknown = sorted(set(computed) - set(trained_on))
        raise ForeignBase(
            "the base on the control log was trained on other features than the entities in flagfive.toml "
            f"give: it needs {missing or 'none'} more and does not know {unknown or 'none'}; train one with "
            "`flagfive train`"
        )


def score_batch(batch: Batch, snapshot: Snapshot, entities: Sequence[str]) -> Scores:
    """Score n transactions under one snapshot.

    Transactions over the threshold are for review; those of a blocked entity are declined; written rules
    decide as they say.

    Args:
        batch: the transactions.
        snapshot: everything in force.
        entities: kinds of the batch's keys.

    Raises:
        NothingInForce: there is no base to score with.
    """
    return score_rows(Transactions.of(batch), snapshot, entities)


def score_rows(of: Transactions, snapshot: Snapshot, entities: Sequence[str]) -> Scores:
    """Score n transactions; a row's result is equal to the bit in any batch.

    Decisions are made in this order: lists and blocks of entities, written rules, suppressions, threshold.

    Args:
        of: the transactions.
        snapshot: everything in force.
        entities: kinds of the keys.

    Raises:
        NothingInForce: there is no base to score with.
    """
    stack = snapshot.stack
    if stack is None:
        raise NothingInForce(f"no base on the control log up to offset {snapshot.offset}")
    surprise, winner = stack.score(of.features)
    winner += 1  # the stack calls its base -1
    alone = surprise.copy() if len(snapshot.written) else surprise
    threshold = np.inf if snapshot.threshold is None else snapshot.threshold
    winners = (BASE_ID, *(detector.id for detector in snapshot.detectors), BLOCK_ID)
    block = len(winners) - 1
    met_by_row = met_by_rows(snapshot.rules, entities, of.keys, of.time)
    for row, met in met_by_row.items():
        surprise[row] = raised(surprise[row], met, snapshot.risk_share)
    listed = by_lists(snapshot.lists, entities, of.keys, of.time, met_by_row)
    decision = np.where(surprise > threshold, Decision.REVIEW, Decision.APPROVE).astype(np.int8)
    for row, met in met_by_row.items():
        decision[row] = decide(surprise[row], winner[row], met, threshold, winners)
        if decision[row] == Decision.DECLINE:
            winner[row] = block
    silenced = snapshot.rules.silenced
    silence_scorers(silenced, winners, winner, of.time, decision)
    if listed is not None:
        decide_by_lists(listed, winner, block, decision)
    matched = match_rules(of, snapshot, entities, surprise, alone)
    if matched is not None:
        silence_rules(silenced, snapshot.written, matched, of.time)
        if listed is not None:
            matched.first[listed.allowed | listed.blocked] = -1
        winners = decide_by_rules(matched, snapshot.written, met_by_row, winners, winner, decision)
    return Scores(surprise, winner, winners, decision, snapshot.offset, matched)
