"""The `alerts` topic: what an analyst needs to see of a transaction, reasons included."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from features.columns import currency_text
from features.spans import ByteSpans
from stream.batch import Batch
from stream.control.snapshot import Snapshot
from stream.scored import Decision, Scores

REASONS = 3  # what fits a line and is still read


class Reason(msgspec.Struct, frozen=True):
    """One feature that pushed the score up.

    Attributes:
        value: the feature as the model sees it.
        push: how much log-odds are lost when it alone is set to its median in the training data.
    """

    feature: str
    value: float
    push: float


class Alert(msgspec.Struct, frozen=True):
    """One transaction over the threshold; `partition` and `offset` are its place in `transactions`."""

    transaction_id: str
    partition: int
    offset: int
    event_time: float
    amount: float
    currency: str
    entities: dict[str, str]
    surprise: float
    tail: float
    decision: str
    scorer: str
    control_offset: int
    reasons: list[Reason]


class AlertWriter:
    """Writes alerts as JSON.

    Args:
        entities: names of the entities, in the order of the schema.
        features: names of the features.
    """

    def __init__(self, entities: Sequence[str], features: Sequence[str]) -> None:
        self._entities = entities
        self._features = features

    def write(self, batch: Batch, scores: Scores, snapshot: Snapshot, rows: NDArray[np.int64]) -> ByteSpans:
        """The alerts of the transactions at `rows`; few, so a Python object each does no harm."""
        return ByteSpans.from_list(
            [msgspec.json.encode(self._alert(batch, scores, snapshot, row)) for row in rows.tolist()]
        )

    def _alert(self, batch: Batch, scores: Scores, snapshot: Snapshot, row: int) -> Alert:
        columns = batch.columns
        one = np.array([row])
        keys = [_text(keys.take(one)) for keys in columns.keys]
        return Alert(
            transaction_id=_text(columns.id.take(one)),
            partition=int(batch.source_partition[row]),
            offset=int(batch.source_offset[row]),
            event_time=float(columns.time[row]),
            amount=float(columns.amount[row]),
            currency=currency_text(int(columns.currency[row])),
            entities=dict(zip(self._entities, keys, strict=True)),
            surprise=float(scores.surprise[row]),
            tail=float(scores.tail[row]),
            decision=Decision(scores.decision[row]).name.lower(),
            scorer=scores.winners[scores.winner[row]],
            control_offset=scores.control_offset,
            reasons=self._reasons(batch.features[row], snapshot, int(scores.winner[row])),
        )

    def _reasons(self, features: NDArray[np.float32], snapshot: Snapshot, winner: int) -> list[Reason]:
        if snapshot.stack is None:
            return []
        pushes = snapshot.stack.contributions(features, winner - 1)
        strongest = np.argsort(-pushes, kind="stable")[:REASONS]
        return [
            Reason(self._features[i], float(features[i]), float(pushes[i]))
            for i in strongest
            if pushes[i] > 0
        ]


def _text(one: ByteSpans) -> str:
    (value,) = one.to_list()
    return "" if value is None else value.decode(errors="replace")
