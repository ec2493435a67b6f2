"""Write the alerts of a batch."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from contracts.alert import Alert, Reason
from contracts.decision import Decision
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from features.columns import currency_text
from stream.batch import Batch
from stream.scoring.causes import cause_at
from stream.scoring.decide import BLOCK_ID, Scores
from stream.scoring.fraud_links import link_reasons
from stream.scoring.marks import queue_at, tags_at
from stream.scoring.named_lists import list_reasons
from stream.scoring.policy import policy_reasons
from stream.scoring.reasons import ReasonWriter, nearest_flagged, pushes_of
from stream.scoring.rules import Met, met_by_rows
from stream.scoring.shifted import shift_reasons
from stream.scoring.written_rules import rule_reasons


class AlertWriter:
    """Writes alerts as JSON.

    Args:
        entities: names of the entities, in the order of the schema.
        features: names of the features.
    """

    def __init__(self, entities: Sequence[str], features: Sequence[str]) -> None:
        self._entities = entities
        self._reasons = ReasonWriter(entities, features)

    def write(self, batch: Batch, scores: Scores, snapshot: Snapshot, rows: NDArray[np.int64]) -> ByteStrings:
        """Return the alerts of the transactions at `rows`. They are few, so Python objects cost little."""
        pushes = pushes_of(batch.features[rows], scores.winner[rows], snapshot)
        chosen = [keys.take(rows) for keys in batch.columns.keys]
        met = met_by_rows(snapshot.rules, self._entities, chosen, batch.columns.time[rows])
        listed = list_reasons(snapshot.lists, self._entities, chosen, batch.columns.time[rows])
        for place, row in enumerate(rows.tolist()):
            linked = link_reasons(self._entities, scores.frauds[row])
            listed[place] = [*listed.get(place, []), *linked]
        alerts = [
            self._alert(batch, scores, snapshot, row, pushes[place], met.get(place), listed[place])
            for place, row in enumerate(rows.tolist())
        ]
        return ByteStrings.from_list([msgspec.json.encode(alert) for alert in alerts])

    def _alert(
        self,
        batch: Batch,
        scores: Scores,
        snapshot: Snapshot,
        row: int,
        pushes: NDArray[np.float64],
        met: Met | None,
        listed: list[Reason],
    ) -> Alert:
        columns = batch.columns
        one = np.array([row])
        keys = [_text(keys.take(one)) for keys in columns.keys]
        features, winner = batch.features[row], int(scores.winner[row])
        episode, nearest = nearest_flagged(features, snapshot, winner) or ("", "")
        decided = int(scores.decision[row])
        policy = []
        if scores.segment is not None and winner < scores.winners.index(BLOCK_ID):
            policy = policy_reasons(snapshot, int(scores.segment[row]), decided)
        rules, matched = snapshot.written.others, scores.matched
        written = rule_reasons(matched, rules, row) if matched else []
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
            decision=Decision(decided).name.lower(),
            scorer=scores.winners[winner],
            control_offset=scores.control_offset,
            reasons=[
                *written,
                *shift_reasons(scores.shifted, snapshot.written.shifting, row),
                *listed,
                *self._reasons.of_risk(met),
                *self._reasons.of_features(features, pushes, snapshot),
                *policy,
            ],
            episode=episode,
            nearest=nearest,
            tags=tags_at(matched, rules, row),
            queue=queue_at(matched, rules, row),
            cause=cause_at(scores, snapshot, row),
        )


def _text(one: ByteStrings) -> str:
    (value,) = one.to_list()
    return "" if value is None else value.decode(errors="replace")
