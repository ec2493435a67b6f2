"""Sends a file of transactions to Kafka; a mapping selects its columns, the settings name the JSON fields."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from contracts.broker import Broker
from features.schema import TransactionSchema
from flagfive.errors import UserError
from replay.mapping import (
    OWN_FIELDS,
    EntityColumn,
    Mapping,
    WrongMapping,
    bundled_for,
    entity_meaning,
    read_mapping,
)
from replay.table import TableFile
from replay.times import event_times
from stream.feed.feed import Feed
from stream.feed.pace import Pace
from stream.feed.rows import RowEncoder

SLICE_ROWS = 8_192


@dataclass(frozen=True, slots=True)
class Produced:
    """What was sent, and how long it took from the first to the last acknowledgement, in seconds."""

    rows: int
    seconds: float


def choose_mapping(schema: TransactionSchema, table: TableFile, path: Path | None) -> Mapping:
    """Choose the mapping of a file.

    Args:
        schema: field names of the settings.
        table: the file.
        path: a mapping file; None takes the field names of the settings, else a bundled mapping that fits.

    Returns:
        The mapping.

    Raises:
        UserError: the mapping cannot be read, or does not fit the columns or the entities.
    """
    try:
        mapping = read_mapping(path) if path else _from_schema(schema)
        if path is None and not set(mapping.columns().values()) <= set(table.columns):
            mapping = bundled_for(table.columns) or mapping
        mapping.check(table.columns, str(table.path))
    except WrongMapping as error:
        raise UserError(f"{error}. Name another with --mapping FILE") from None
    _check_entities(schema, mapping)
    return mapping


async def produce(
    broker: Broker,
    topic: str,
    schema: TransactionSchema,
    table: TableFile,
    mapping: Mapping,
    pace: Pace,
    progress: Callable[[int], None],
) -> int:
    """Send every row in order.

    Args:
        broker: the cluster and how to connect to it.
        topic: name of the topic.
        schema: names of the JSON fields.
        table: the file.
        mapping: columns of the file.
        pace: limits the rows a second.
        progress: called with the number of rows sent so far.

    Returns:
        Number of rows sent.
    """
    encoder = RowEncoder(schema)
    fields = json_fields(schema, mapping)
    sent = 0
    async with Feed(broker, topic) as feed:
        for part in table.parts([*fields.values(), *mapping.time_columns]):
            at = 0
            while at < part.num_rows:
                rows = await pace.allow(min(SLICE_ROWS, part.num_rows - at))
                await feed.send(
                    *encoder.encode(message_columns(part.slice(at, rows), fields, schema, mapping))
                )
                at += rows
                sent += rows
                progress(sent)
    return sent


def _from_schema(schema: TransactionSchema) -> Mapping:
    return Mapping(
        id=schema.id,
        time=schema.time,
        amount=schema.amount,
        entities=tuple(EntityColumn(entity.name, entity.field) for entity in schema.entities),
        time_unit="ms" if schema.time_unit == "iso8601" else schema.time_unit,
    )


def _check_entities(schema: TransactionSchema, mapping: Mapping) -> None:
    wanted = [entity.name for entity in schema.entities]
    mapped = [entity.name for entity in mapping.entities]
    if missing := [name for name in wanted if name not in mapped]:
        raise UserError(f"the mapping has the entities {mapped}, but the settings need {missing} too")


def json_fields(schema: TransactionSchema, mapping: Mapping) -> dict[str, str]:
    """Return the column of each JSON field."""
    columns = mapping.columns()
    names = {meaning: getattr(schema, meaning) for meaning in OWN_FIELDS}
    names |= {entity_meaning(entity.name): entity.field for entity in schema.entities}
    return {field: columns[meaning] for meaning, field in names.items() if field and meaning in columns}


def message_columns(
    part: pa.RecordBatch, fields: dict[str, str], schema: TransactionSchema, mapping: Mapping
) -> dict[str, pa.Array]:
    """Return the values of each JSON field.

    Args:
        part: rows of the file.
        fields: column of each JSON field, from `json_fields`.
        schema: names of the JSON fields, and the unit of time.
        mapping: unit and format of time in the file.

    Returns:
        Values by JSON field; times are timestamps, or numbers if the file has the unit of the schema.

    Raises:
        UserError: a time cannot be parsed.
    """
    columns = {field: _plain(part[column]) for field, column in fields.items()}
    columns[schema.time] = _times(part, schema, mapping)
    return columns


def _times(part: pa.RecordBatch, schema: TransactionSchema, mapping: Mapping) -> pa.Array:
    time = _plain(part[mapping.time])
    is_number = pa.types.is_integer(time.type) or pa.types.is_floating(time.type)
    is_plain = not (mapping.time_of_day or mapping.time_zone or mapping.time_start or mapping.time_format)
    same_unit = is_number and mapping.time_unit == schema.time_unit
    if is_plain and (pa.types.is_timestamp(time.type) or same_unit):
        return time
    seconds, wrong = event_times(part, mapping)
    missing = time.is_null().to_numpy(zero_copy_only=False)
    if len(bad := np.flatnonzero(wrong & ~missing)):
        allowed = mapping.time_format or "ISO 8601"
        raise UserError(f"column {mapping.time}: {time[int(bad[0])]} is not a time; allowed is {allowed}")
    micros = np.round(np.where(missing, 0.0, seconds) * 1e6).astype(np.int64)
    return pa.array(micros, mask=missing).cast(pa.timestamp("us"))


def _plain(array: pa.Array) -> pa.Array:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
