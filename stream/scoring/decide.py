"""From features to a decision, under one snapshot."""

from collections.abc import Sequence

import numpy as np

from stream.batch import Batch
from stream.control.snapshot import Snapshot
from stream.scored import Decision, Scores

BASE_ID = "base"


class NothingInForce(Exception):
    """The control log has no base yet, so nothing can be scored."""


class ForeignBase(Exception):
    """The base in force was trained on other features than this configuration computes."""


def check_features(trained_on: Sequence[str], computed: Sequence[str]) -> None:
    """Raise ForeignBase unless the base reads just the features that are computed, in their order."""
    if tuple(trained_on) != tuple(computed):
        missing = sorted(set(trained_on) - set(computed))
        unknown = sorted(set(computed) - set(trained_on))
        raise ForeignBase(
            "the base on the control log was trained on other features than the entities in flagfive.toml "
            f"give: it needs {missing or 'none'} more and does not know {unknown or 'none'}; train one with "
            "`flagfive train`"
        )


def score_batch(batch: Batch, snapshot: Snapshot) -> Scores:
    """Score n transactions; one over the snapshot's threshold is for review.

    Raises:
        NothingInForce: there is no base to score with.
    """
    stack = snapshot.stack
    if stack is None:
        raise NothingInForce(f"no base on the control log up to offset {snapshot.offset}")
    surprise, winner = stack.score(batch.features)
    threshold = np.inf if snapshot.threshold is None else snapshot.threshold
    return Scores(
        surprise=surprise,
        winner=winner + 1,  # the stack calls its base -1
        winners=(BASE_ID, *(detector.id for detector in snapshot.detectors)),
        decision=np.where(surprise > threshold, Decision.REVIEW, Decision.APPROVE).astype(np.int8),
        control_offset=snapshot.offset,
    )
