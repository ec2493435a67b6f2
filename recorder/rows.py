"""Turn records of the stream into rows of the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import pyarrow as pa

from contracts.alert import Alert
from contracts.card_numbers import CANDIDATE, mask_card_numbers
from contracts.shadow_alert import ShadowAlert
from contracts.stage_batch import (
    ENTITY,
    FRAUDS,
    LINKS,
    BatchFormat,
    ForeignBatch,
    entities_of,
    features_matrix,
    from_message,
)
from contracts.undecodable import UNDECODABLE
from control.entry import Entry
from control.envelope import unseal
from control.errors import ControlRefused
from control.keys import ControlKey
from features.columns import currency_text
from storage.alerts import COLUMNS as ALERT_COLUMNS
from storage.alerts import joined_tags, priority_of
from storage.bulk import Row
from storage.control_entries import COLUMNS as CONTROL_COLUMNS
from storage.scored_transactions import COLUMNS as SCORED_COLUMNS
from storage.shadow_alerts import COLUMNS as SHADOW_COLUMNS

PLAIN = ("source_partition", "source_offset", "event_time", "arrival", "amount", "category")
SCORES = ("surprise", "tail", "decision", "winner", "winner_id", "control_offset")


Kind = TypeVar("Kind", Alert, ShadowAlert)


class UnreadableRecord(ValueError):
    """A record that does not have the form of its topic."""


def scored_rows(message: bytes, form: BatchFormat | None = None, scored_at: float | None = None) -> list[Row]:
    """Return rows of `scored_transactions` from one Arrow message.

    Args:
        message: a record of `scored`.
        form: the format of `scored` under the settings; None reads any, from trusted writers.
        scored_at: time of the record, seconds since 1970.

    Raises:
        UnreadableRecord: it is not a scored batch.
    """
    try:
        batch = form.read(message) if form is not None else from_message(message)
        columns = {name: batch.column(name).to_pylist() for name in (*PLAIN, *SCORES)}
        columns |= {
            "transaction_id": _texts(batch.column("id")),
            "currency": _currencies(batch.column("currency")),
            "entities": _entities(batch),
            "features": list(_matrix_rows(batch.column("features"))),
            "links": _links(batch),
            "scored_at": [scored_at] * batch.num_rows,
        }
    except (ForeignBatch, pa.ArrowException, LookupError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableRecord(f"not a scored batch: {error}") from error
    return list(zip(*(columns[name] for name in SCORED_COLUMNS), strict=True))


def alert_row(message: bytes) -> Row:
    """Return the row of `alerts` from one JSON record.

    Raises:
        UnreadableRecord: it is not an alert.
    """
    alert = _decoded(message, Alert, "an alert")
    values = {
        "source_partition": alert.partition,
        "source_offset": alert.offset,
        "transaction_id": mask_card_numbers(alert.transaction_id),
        "raised_at": alert.event_time,
        "body": mask_card_numbers(message.decode()),
        "amount": alert.amount,
        "surprise": alert.surprise,
        "priority": priority_of(alert.surprise, alert.amount),
        "scorer": alert.scorer,
        "card": mask_card_numbers(next(iter(alert.entities.values()), "")),
        "queue": mask_card_numbers(alert.queue),
        "tags": mask_card_numbers(joined_tags(alert.tags)),
        "cause": mask_card_numbers(alert.cause),
    }
    return tuple(values[name] for name in ALERT_COLUMNS)


def shadow_row(message: bytes) -> Row | None:
    """Return the row of `shadow_alerts` from one JSON record; None for what a live rule adds to a list.

    Raises:
        UnreadableRecord: it is not a shadow alert.
    """
    alert = _decoded(message, ShadowAlert, "an alert of one on trial")
    if alert.to_list:
        return None
    renamed = {
        "source_partition": alert.partition,
        "source_offset": alert.offset,
        "transaction_id": mask_card_numbers(alert.transaction_id),
    }
    return tuple(renamed[name] if name in renamed else getattr(alert, name) for name in SHADOW_COLUMNS)


def control_row(value: bytes | None, record_key: bytes | None, offset: int, key: ControlKey) -> Row:
    """Return the row of `control_entries` from a record of the control log.

    Raises:
        UnreadableRecord: workers refuse the entry.
    """
    try:
        entry: Entry = unseal(value, record_key, key)
    except ControlRefused as refusal:
        raise UnreadableRecord(f"control entry at offset {offset} is {refusal.cause}: {refusal}") from refusal
    own: dict[str, Any] = {"control_offset": offset, "entry_id": entry.id, "value": value}
    own |= {"author": mask_card_numbers(entry.author), "reason": mask_card_numbers(entry.reason)}
    return tuple(own[name] if name in own else getattr(entry, name) for name in CONTROL_COLUMNS)


def _decoded(message: bytes, kind: type[Kind], what: str) -> Kind:
    try:
        message.decode()  # msgspec does not look into fields that it skips
        return msgspec.json.decode(message, type=kind)
    except UNDECODABLE as error:
        raise UnreadableRecord(f"not {what}: {error}") from error


def _texts(column: pa.Array) -> list[str]:
    """Return the strings of a binary column, masked; one search over all finds whether any needs it."""
    texts = [value.decode(errors="replace") for value in column.to_pylist()]
    if CANDIDATE.search("\n".join(texts)):
        return [mask_card_numbers(text) for text in texts]
    return texts


def _currencies(column: pa.Array) -> list[str | None]:
    letters = {code: currency_text(code) or None for code in column.unique().to_pylist()}
    return [letters[code] for code in column.to_pylist()]


def _entities(batch: pa.RecordBatch) -> list[str]:
    kinds = entities_of(batch.schema)
    encode = msgspec.json.Encoder().encode
    keys = zip(*(_texts(batch.column(ENTITY + kind)) for kind in kinds), strict=True)
    return [encode(dict(zip(kinds, row, strict=True))).decode() for row in keys]


def _links(batch: pa.RecordBatch) -> list[bytes] | list[None]:
    """Return partners and frauds of each row; None in a message of an earlier version."""
    if LINKS not in batch.schema.names:
        return [None] * batch.num_rows
    halves = (_matrix_rows(batch.column(name)) for name in (LINKS, FRAUDS))
    return [partners + frauds for partners, frauds in zip(*halves, strict=True)]


def _matrix_rows(column: pa.Array) -> Iterator[bytes]:
    matrix = features_matrix(column).astype("<f4", copy=False)
    whole, width = matrix.tobytes(), matrix.shape[1] * matrix.itemsize
    return (whole[start : start + width] for start in range(0, len(whole), width))
