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
from stream.scoring.reasons import Reason, ReasonWriter, nearest_flagged
from stream.scoring.rules import Met, met_by_rows


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
    episode: str = ""
    """Name of the episode whose detector decided; empty where none did."""
    nearest: str = ""
    """The flagged transaction of the episode that this one is most like."""


class AlertWriter:
    """Writes alerts as JSON.

    Args:
        entities: names of the entities, in the order of the schema.
        features: names of the features.
    """

    def __init__(self, entities: Sequence[str], features: Sequence[str]) -> None:
        self._entities = entities
        self._reasons = ReasonWriter(entities, features)

    def write(self, batch: Batch, scores: Scores, snapshot: Snapshot, rows: NDArray[np.int64]) -> ByteSpans:
        """The alerts of the transactions at `rows`; few, so a Python object each does no harm."""
        chosen = [keys.take(rows) for keys in batch.columns.keys]
        met = met_by_rows(snapshot.rules, self._entities, chosen, batch.columns.time[rows])
        alerts = [
            self._alert(batch, scores, snapshot, row, met.get(place))
            for place, row in enumerate(rows.tolist())
        ]
        return ByteSpans.from_list([msgspec.json.encode(alert) for alert in alerts])

    def _alert(self, batch: Batch, scores: Scores, snapshot: Snapshot, row: int, met: Met | None) -> Alert:
        columns = batch.columns
        one = np.array([row])
        keys = [_text(keys.take(one)) for keys in columns.keys]
        features, winner = batch.features[row], int(scores.winner[row])
        episode, nearest = nearest_flagged(features, snapshot, winner) or ("", "")
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
            scorer=scores.winners[winner],
            control_offset=scores.control_offset,
            reasons=[*self._reasons.of_risk(met), *self._reasons.of_features(features, snapshot, winner)],
            episode=episode,
            nearest=nearest,
        )


def _text(one: ByteSpans) -> str:
    (value,) = one.to_list()
    return "" if value is None else value.decode(errors="replace")
