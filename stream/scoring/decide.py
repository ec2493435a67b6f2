"""Turn features into scores and decisions, under one snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.decision import Decision
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from stream.batch import Batch
from stream.scoring.rules import decide, met_by_rows, raised

BASE_ID, BLOCK_ID = "base", "block"


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of n transactions, all made under one snapshot.

    Attributes:
        surprise: float64 (n,), -log10 of the tail; the highest of base, detectors and risk.
        winner: int32 (n,), index into `winners` of the scorer with the highest surprise.
        winners: id of each scorer; the base comes first.
        decision: int8 (n,), a `Decision` each.
        control_offset: the snapshot's place in the control log.
    """

    surprise: NDArray[np.float64]
    winner: NDArray[np.int32]
    winners: Sequence[str]
    decision: NDArray[np.int8]
    control_offset: int

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

    Transactions over the threshold are for review; those of a blocked entity are declined.

    Args:
        batch: the transactions.
        snapshot: everything in force.
        entities: kinds of the batch's keys.

    Raises:
        NothingInForce: there is no base to score with.
    """
    return score_rows(batch.features, batch.columns.time, batch.columns.keys, snapshot, entities)


def score_rows(
    features: NDArray[np.float32],
    time: NDArray[np.float64],
    keys: Sequence[ByteStrings],
    snapshot: Snapshot,
    entities: Sequence[str],
) -> Scores:
    """Score n transactions; a row's result is equal to the bit in any batch.

    Args:
        features: float32 (n, d).
        time: event times, seconds since 1970, (n,).
        keys: n keys of each entity.
        snapshot: everything in force.
        entities: kinds of the keys.

    Raises:
        NothingInForce: there is no base to score with.
    """
    stack = snapshot.stack
    if stack is None:
        raise NothingInForce(f"no base on the control log up to offset {snapshot.offset}")
    surprise, winner = stack.score(features)
    winner += 1  # the stack calls its base -1
    threshold = np.inf if snapshot.threshold is None else snapshot.threshold
    winners = (BASE_ID, *(detector.id for detector in snapshot.detectors), BLOCK_ID)
    decision = np.where(surprise > threshold, Decision.REVIEW, Decision.APPROVE).astype(np.int8)
    for row, met in met_by_rows(snapshot.rules, entities, keys, time).items():
        surprise[row] = raised(surprise[row], met, snapshot.risk_share)
        decision[row] = decide(surprise[row], winner[row], met, threshold, winners)
        if decision[row] == Decision.DECLINE:
            winner[row] = len(winners) - 1
    return Scores(surprise, winner, winners, decision, snapshot.offset)
