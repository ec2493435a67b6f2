"""Score a batch under one snapshot and build the outputs for scores, alerts and the recorder."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from threading import Thread

import numpy as np
import pyarrow as pa
from mode import get_logger
from numpy.typing import NDArray

from contracts.stage_batch import entities_of, features_array, to_message
from control.log_reader import ControlLog
from control.snapshot import Snapshot
from features.byte_strings import ByteStrings
from rules.rule_set import warm_up
from stream.batch import Batch, to_record_batch
from stream.partition.stage import SURPRISE_LEVELS, Output, ScoredCounts
from stream.scoring.alerts import AlertWriter
from stream.scoring.decide import BASE_ID, BLOCK_ID, Scores, check_features, score_batch
from stream.scoring.marks import tag_texts
from stream.scoring.score_json import ScoreWriter
from stream.scoring.shadow_alerts import list_additions, shadow_alerts, shadow_matches
from stream.stages.output_builder import Outputs
from stream.wire.writer import EncodedBatch

log = get_logger(__name__)

DETECTOR, RULE = "detector", "rule"


@dataclass(frozen=True, slots=True)
class ScoreTopics:
    """Names of the topics that scores go to."""

    scores: str
    alerts: str
    shadow_alerts: str
    scored: str


class Scorer:
    """Builds the outputs of scored batches, for the partitions that the transactions came from.

    Args:
        control: its current snapshot is read once per batch, so no batch is scored by two versions.
        features: names of the features that this configuration computes.
        schema: columns of the scored batch.
    """

    def __init__(
        self,
        control: ControlLog,
        features: Sequence[str],
        topics: ScoreTopics,
        scores: ScoreWriter,
        alerts: AlertWriter,
        schema: pa.Schema,
    ) -> None:
        self._control = control
        self._features = tuple(features)
        self._topics = topics
        self._scores = scores
        self._alerts = alerts
        self._schema = schema
        self._entities = entities_of(schema)

    def outputs_for(self, batch: Batch) -> Outputs:
        if not len(batch):
            return Outputs([])
        snapshot = self._control.current
        scores = score_batch(batch, snapshot, self._entities)
        every = np.arange(len(batch))
        tags = tag_texts(scores.matched, snapshot.written.others, len(batch))
        outputs = [
            *_by_partition(self._topics.scores, batch, every, self._scores.write(batch, scores, tags)),
            *self._alert_outputs(batch, scores, snapshot),
            *self._shadow_outputs(batch, scores, snapshot),
            *self._scored_outputs(batch, scores),
        ]
        return Outputs(outputs, _counts(scores))

    async def ready(self) -> None:
        """Wait until there is a base to score with. What written rules need is loaded beside.

        Raises:
            ForeignBase: the base was trained on other features.
        """
        # Seconds on a busy machine, which the first rule would cost a running worker.
        Thread(target=warm_up, name="rules", daemon=True).start()
        snapshot = self._control.current
        if snapshot.stack is None:
            log.warning("nothing is scored before a base is on the control log; waiting for one")
        while snapshot.base is None or snapshot.stack is None:
            snapshot = await self._control.reaches(snapshot.offset + 1)
        check_features(snapshot.base.model.features, self._features)

    def _alert_outputs(self, batch: Batch, scores: Scores, snapshot: Snapshot) -> Sequence[Output]:
        rows = np.flatnonzero(scores.decision)
        if not len(rows):
            return []
        values = self._alerts.write(batch, scores, snapshot, rows)
        return _by_partition(self._topics.alerts, batch, rows, values)

    def _shadow_outputs(self, batch: Batch, scores: Scores, snapshot: Snapshot) -> Sequence[Output]:
        found = []
        if snapshot.shadows.all:
            found.append(shadow_alerts(batch, scores, snapshot))
        written = snapshot.written
        for matched, rules in ((scores.shifted, written.shifting), (scores.matched, written.others)):
            if matched is not None and rules.shadow:
                found.append(shadow_matches(batch, scores, matched, rules))
        if scores.matched is not None and written.others.adding:
            found.append(list_additions(batch, scores, scores.matched, snapshot, self._entities))
        topic = self._topics.shadow_alerts
        return [
            output
            for rows, values in found
            if len(rows)
            for output in _by_partition(topic, batch, rows, values)
        ]

    def _scored_outputs(self, batch: Batch, scores: Scores) -> Sequence[Output]:
        arrow = to_scored(batch, scores, self._schema)
        messages = (
            (partition, to_message(arrow.slice(part.start, part.stop - part.start)))
            for partition, part in _runs(batch.source_partition)
        )
        topic = self._topics.scored
        return [Output(topic, at, EncodedBatch(None, ByteStrings.whole(message))) for at, message in messages]


def _by_partition(topic: str, batch: Batch, rows: NDArray[np.int64], values: ByteStrings) -> Sequence[Output]:
    """Return values of `rows`, keyed by card, for the partitions that the transactions came from."""
    keys = batch.columns.keys[0].take(rows)
    return [
        Output(topic, partition, EncodedBatch(keys.take(part), values.take(part)))
        for partition, part in _runs(batch.source_partition[rows])
    ]


def _runs(partition: NDArray[np.int32]) -> list[tuple[int, slice]]:
    """Return each run of equal numbers, and its place."""
    bounds = [0, *(np.flatnonzero(np.diff(partition)) + 1).tolist(), len(partition)]
    return [(int(partition[begin]), slice(begin, end)) for begin, end in pairwise(bounds) if begin < end]


def to_scored(batch: Batch, scores: Scores, schema: pa.Schema) -> pa.RecordBatch:
    """Return the batch and its scores as Arrow columns of `schema`, made by `scored_schema`."""
    own = [
        pa.array(scores.surprise),
        pa.array(scores.tail),
        pa.array(scores.winner),
        # From a list Arrow would make the same, but import pandas: seconds on a busy machine.
        pa.array(np.array(scores.winners, object), pa.string()).take(pa.array(scores.winner)),
        pa.array(scores.decision),
        pa.array(np.full(len(batch), scores.control_offset, np.int64)),
        features_array(scores.frauds),
    ]
    first = to_record_batch(batch, pa.schema(list(schema)[: -len(own)]))
    return pa.RecordBatch.from_arrays([*first.columns, *own], schema=schema)


def _counts(scores: Scores) -> ScoredCounts:
    """Count alerts by kind of scorer. All detectors are one kind, and all written rules: each is a series."""
    decided, at = scores.winner[scores.decision > 0], scores.winners.index(BLOCK_ID)
    base, block, rule = (int(np.count_nonzero(of)) for of in (decided == 0, decided == at, decided > at))
    alerts = {BASE_ID: base, DETECTOR: len(decided) - base - block - rule, BLOCK_ID: block}
    if len(scores.winners) > at + 1:
        alerts[RULE] = rule
    return ScoredCounts(alerts, [int(np.count_nonzero(scores.surprise >= s)) for s in SURPRISE_LEVELS])
