"""One batch of scored transactions, as the scorer wrote it; a row is read only when it is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

from contracts.decision import Decision
from contracts.stage_batch import ENTITY, entities_of
from decisions.answer import Score
from decisions.fingerprint import fingerprint
from features.columns import Channel, currency_text


class ScoredBatch:
    """A batch of `scored`.

    Attributes:
        durable: whether the scorer has committed it.
        read_at: when the gateway read it, by the clock of its timers.

    Args:
        rows: the Arrow batch, with the columns of `contracts.scored_batch`.
        partition: partition of `scored`, which is also that of the transactions.
        scored_at: time of the record, seconds since 1970.
        producer: id of the producer whose open transaction it belongs to; None outside of a transaction.
    """

    def __init__(
        self, rows: pa.RecordBatch, partition: int, scored_at: float, producer: int | None = None
    ) -> None:
        self._rows = rows
        self.partition, self.scored_at, self.producer = partition, scored_at, producer
        self.durable = producer is None
        self.read_at = 0.0
        self.ids: list[bytes] = rows.column("id").to_pylist()

    def score(self, row: int) -> Score:
        """Return the score of one row."""
        source, offset, surprise, decision, control_offset = (column[row] for column in self._numbers)
        return Score(
            id=text_of(self.ids[row]),
            partition=int(source),
            offset=int(offset),
            surprise=float(surprise),
            decision=Decision(int(decision)),
            scorer=self._rows.column("winner_id")[row].as_py() or "",
            control_offset=int(control_offset),
            scored_at=self.scored_at,
        )

    def place(self, row: int) -> tuple[int, int]:
        """Return partition and offset of one transaction in `transactions`."""
        return int(self._numbers[0][row]), int(self._numbers[1][row])

    def needs_alert(self, row: int) -> bool:
        """Return whether an alert explains the decision on one row."""
        return bool(self._numbers[3][row] != Decision.APPROVE)

    def fingerprint(self, row: int) -> bytes:
        """Return the fingerprint of one transaction."""

        def value(name: str) -> Any:
            return self._rows.column(name)[row].as_py()

        return fingerprint(
            text_of(self.ids[row]),
            value("event_time"),
            value("amount"),
            currency_text(value("currency")),
            value("category"),
            value("channel") == Channel.NOT_PRESENT,
            [text_of(value(ENTITY + kind)) for kind in entities_of(self._rows.schema)],
        )

    @cached_property
    def _numbers(self) -> tuple[NDArray[Any], ...]:
        names = ("source_partition", "source_offset", "surprise", "decision", "control_offset")
        return tuple(self._rows.column(name).to_numpy() for name in names)


def text_of(value: bytes | None) -> str:
    """Return an id or key as text, the way that alerts and the database hold it."""
    return "" if value is None else value.decode(errors="replace")
