"""Turn features into scores and decisions, under one snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from control.snapshot import Snapshot
from rules.rule_set import Matched
from stream.batch import Batch
from stream.scoring.fraud_links import linked_frauds
from stream.scoring.named_lists import by_lists, decide_by_lists
from stream.scoring.policy import bounds_of, decide_by_surprise
from stream.scoring.rules import blocks, decide, met_by_rows, raised
from stream.scoring.shifted import shift_surprise
from stream.scoring.silenced import silence_rules, silence_scorers
from stream.scoring.written_rules import Transactions, decide_by_rules, rows_for

BASE_ID, BLOCK_ID = "base", "block"


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n transactions, all made under one snapshot.

    Attributes:
        surprise: float64 (n,), -log10 of the tail; the highest of base, detectors and risk, and what written
            rules add.
        winner: int32 (n,), index into `winners` of the scorer with the highest surprise, or of what decided
            in its place.
        winners: id of each scorer, the base first; then `block`; then the written rules that decided.
        decision: int8 (n,), a `Decision` each.
        control_offset: the snapshot's place in the control log.
        frauds: confirmed frauds of each entity within two links, float32 (n, entities).
        matched: which written rules match, apart from `shifted`; None without such rules.
        segment: place of each transaction's segment of the decision policy, int32 (n,); 0 without a policy.
        shifted: which written rules that raise or lower the surprise match; None without such rules.
    """

    surprise: NDArray[np.float64]
    winner: NDArray[np.int32]
    winners: Sequence[str]
    decision: NDArray[np.int8]
    control_offset: int
    frauds: NDArray[np.float32]
    matched: Matched | None = None
    segment: NDArray[np.int32] | None = None
    shifted: Matched | None = None

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

    The decision policy says from which surprise transactions are reviewed and declined; without one those
    over the threshold are for review. Those of a blocked entity are declined; written rules decide as they
    say.

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

    Decisions are made in this order: lists and blocks of entities, written rules, suppressions, policy or
    threshold. Written rules that raise or lower the surprise come before all of these.

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
    asks = len(snapshot.written) > 0 or snapshot.policy is not None
    alone = surprise.copy() if asks else surprise
    winners = (BASE_ID, *(detector.id for detector in snapshot.detectors), BLOCK_ID)
    block = len(winners) - 1
    met_by_row = met_by_rows(snapshot.rules, entities, of.keys, of.time)
    for row, met in met_by_row.items():
        surprise[row] = raised(surprise[row], met, snapshot.risk_share)
    frauds = linked_frauds(snapshot.rules, entities, of.keys, of.time)
    rows = rows_for(of, stack, frauds, entities, surprise, alone) if asks else None
    shifted = shift_surprise(rows, snapshot, met_by_row, of.keys[0])
    listed = by_lists(snapshot.lists, entities, of.keys, of.time, met_by_row)
    bounds = bounds_of(snapshot, rows, of.keys[0], len(surprise))
    decision = decide_by_surprise(surprise, bounds)
    for row, met in met_by_row.items():
        decision[row] = decide(decision[row], winner[row], met, winners)
        if blocks(met):
            winner[row] = block
    silenced = snapshot.rules.silenced
    silence_scorers(silenced, winners[:block], winner, of.time, decision)
    if listed is not None:
        decide_by_lists(listed, winner, block, decision)
    matched, written = None, snapshot.written.others
    if rows is not None and len(written):
        matched = written.match(rows, of.keys[0], snapshot.lists.by_name)
        silence_rules(silenced, written, matched, of.time)
        if listed is not None:
            matched.first[listed.allowed | listed.blocked] = -1
        winners = decide_by_rules(matched, written, met_by_row, winners, winner, decision)
    return Scores(
        surprise, winner, winners, decision, snapshot.offset, frauds, matched, bounds.segment, shifted
    )
