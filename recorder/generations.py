"""Stores rows under the generation of the topics that they come from."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from kafka import KafkaAdminClient

from contracts.broker import Broker, kafka_python_options
from contracts.topic_ids import topic_ids
from storage import UnitOfWork
from storage.alerts import COLUMNS as ALERT_COLUMNS
from storage.bulk import Row
from storage.control_entries import COLUMNS as CONTROL_COLUMNS
from storage.scored_transactions import COLUMNS as SCORED_COLUMNS
from storage.shadow_alerts import COLUMNS as SHADOW_COLUMNS
from storage.topic_generations import stored_control_offset, stored_partition

LOOK_S = 5.0  # seconds between two looks at the ids; a look takes one round trip


@dataclass(frozen=True)
class TopicNames:
    """Names of the topics whose offsets key rows."""

    transactions: str
    control: str


@dataclass
class TopicIds:
    """The ids of these topics in the cluster, looked at every few seconds.

    Attributes:
        current: UUID by name of the topic, as of the last look.
    """

    broker: Broker
    names: TopicNames
    current: Mapping[str, str] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _admin: KafkaAdminClient | None = None

    def look(self) -> None:
        """Look at the ids if they are older than `LOOK_S`. Raises KafkaError while the broker is away."""
        if time.monotonic() - self._looked_at < LOOK_S:
            return
        if self._admin is None:
            self._admin = KafkaAdminClient(**kafka_python_options(self.broker))
        # A topic that is being created again has no id for a moment: the one before counts until then.
        names = (self.names.transactions, self.names.control)
        self.current = {**self.current, **topic_ids(self._admin, names)}
        self._looked_at = time.monotonic()

    def close(self) -> None:
        """Close the connection; the next look opens another."""
        if self._admin is not None:
            self._admin.close()
        self._admin, self._looked_at = None, float("-inf")


@dataclass(frozen=True)
class Generations:
    """Generations of the topics that rows come from."""

    transactions: int = 0
    control: int = 0

    @classmethod
    def of(cls, unit: UnitOfWork, names: TopicNames, ids: Mapping[str, str]) -> Generations:
        """Return the generations of the topics with these ids; a topic without id has generation 0."""

        def generation(name: str) -> int:
            return unit.generations.of(name, ids[name], time=time.time()) if name in ids else 0

        return cls(generation(names.transactions), generation(names.control))

    def scored(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows of `scored_transactions` as they are stored."""
        return self._stored(rows, SCORED_COLUMNS)

    def alerts(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows of `alerts` as they are stored."""
        return self._stored(rows, ALERT_COLUMNS)

    def shadow_alerts(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows of `shadow_alerts` as they are stored."""
        return self._stored(rows, SHADOW_COLUMNS)

    def control_entries(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows of `control_entries` as they are stored."""
        return self._stored(rows, CONTROL_COLUMNS)

    def _stored(self, rows: Sequence[Row], columns: Sequence[str]) -> Sequence[Row]:
        if self == Generations():
            return rows
        change: dict[str, Callable[[int], int]] = {
            "source_partition": lambda partition: stored_partition(self.transactions, partition),
            "control_offset": lambda offset: stored_control_offset(self.control, offset),
        }
        at = {columns.index(name): to_stored for name, to_stored in change.items() if name in columns}
        return [
            tuple(at[place](value) if place in at else value for place, value in enumerate(row))
            for row in rows
        ]
