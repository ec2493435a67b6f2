"""Reads the committed scores of a run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Set
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from benchmarks.decisions.system import System
from benchmarks.stream.latency import ScoresMissing
from contracts.broker import kafka_python_options
from contracts.stage_batch import features_matrix, from_message
from features.vector import FeatureLayout
from stream.wiring import transaction_schema

SEEN = "card_log_count_1h"
"""The feature that tells whether a card was seen before: 0 for its first payment."""


class CommittedScores:
    """Follows `scored` from where it ended when this was made; reads committed records only."""

    def __init__(self, system: System) -> None:
        names = FeatureLayout(transaction_schema(system.settings)).names
        self._seen = names.index(SEEN)
        self._consumer = KafkaConsumer(
            **kafka_python_options(system.settings.broker),
            isolation_level="read_committed",
            enable_auto_commit=False,
            max_partition_fetch_bytes=1 << 24,
        )
        topics = system.settings.topics
        partitions = [TopicPartition(topics.scored, number) for number in range(topics.partitions)]
        self._consumer.assign(partitions)
        for partition, end in self._consumer.end_offsets(partitions).items():
            self._consumer.seek(partition, end)

    def of(self, wanted: Set[str]) -> Mapping[str, dict[str, Any]]:
        """Return the scores of some ids, once all are there.

        Raises:
            ScoresMissing: some are not there after two minutes.
        """
        found: dict[str, dict[str, Any]] = {}
        deadline = time.monotonic() + 120
        while len(found) < len(wanted):
            if time.monotonic() > deadline:
                raise ScoresMissing(f"{len(wanted) - len(found)} of {len(wanted)} have no committed score")
            for polled in self._consumer.poll(timeout_ms=500).values():
                for record in polled:
                    self._add(found, record.value, wanted)
        return found

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()

    def _add(self, found: dict[str, dict[str, Any]], message: bytes, wanted: Set[str]) -> None:
        rows = from_message(message)
        counts = features_matrix(rows.column("features"))[:, self._seen]
        columns = (rows.column(name).to_pylist() for name in ("id", "surprise", "decision", "control_offset"))
        for (identity, surprise, decision, control_offset), count in zip(
            zip(*columns, strict=True), counts, strict=True
        ):
            name = identity.decode()
            if name in wanted:
                before = found.get(name, {"times": 0})
                found[name] = {
                    "surprise": surprise, "decision": decision, "control_offset": control_offset,
                    "seen": float(count), "times": before["times"] + 1,
                }  # fmt: skip
