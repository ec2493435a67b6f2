"""The features of every transaction as an undisturbed worker computes them, from the committed topics."""

from __future__ import annotations

import numpy as np

from benchmarks.soak.topics import whole_topic
from contracts.stage_batch import BatchFormat, stage_schema
from features.decode import Decoder
from features.profiles import Profiles
from features.seen_ids import SeenIds
from features.seen_kernels import NEW
from features.vector import FeatureLayout
from meta.arrays import Floats
from settings import Settings
from stream.batch import from_record_batch
from stream.wiring import transaction_schema


async def folded(settings: Settings) -> list[Floats]:
    """Return the features by partition and offset of `transactions`, float32 (offsets, d) each.

    Cards fold in the order of `transactions`, without repeats; other entities in the order of their stage's
    topic. Rows of offsets that hold no new transaction are not numbers.
    """
    found = [await _by_card(settings, number) for number in range(settings.topics.partitions)]
    for place in range(1, len(settings.entities)):
        for number in range(settings.topics.partitions):
            await _add_entity(settings, place, number, found)
    return found


async def _by_card(settings: Settings, partition: int) -> Floats:
    schema = transaction_schema(settings)
    layout, decoder, profiles = FeatureLayout(schema), Decoder(schema), Profiles(0)
    stream = settings.stream
    seen = SeenIds(3_600.0 * stream.repeat_hours, stream.repeat_ids) if stream.repeat_hours else None
    parts: list[Floats] = []
    topic = settings.topics.transactions
    async for batch in whole_topic(settings.broker, topic, partition):
        columns, _ = decoder.decode(batch.values, batch.arrival)
        if seen is not None:
            staged = seen.stage(columns, batch.arrival[columns.row])
            seen.publish(staged)
            columns = columns.take(staged.verdict == NEW)
        rows = np.zeros((len(columns), len(layout)), np.float32)
        layout.own_features(columns, rows)
        profiles.publish(profiles.stage(columns, rows[:, layout.entities[0]]))
        at = batch.records.offset[columns.row]
        part = np.full((batch.next_offset - batch.fetch_offset, len(layout)), np.nan, np.float32)
        part[at - batch.fetch_offset] = rows
        parts.append(part)
    return np.concatenate(parts) if parts else np.zeros((0, len(layout)), np.float32)


async def _add_entity(settings: Settings, entity: int, partition: int, found: list[Floats]) -> None:
    schema = transaction_schema(settings)
    layout, names = FeatureLayout(schema), [one.name for one in schema.entities]
    columns, profiles = layout.entities[entity], Profiles(entity)
    form = BatchFormat(stage_schema(names, len(layout)))
    topic = settings.topics.stage_topic(names[entity])
    async for fetched in whole_topic(settings.broker, topic, partition):
        for message in fetched.values.to_list():
            assert message is not None  # stages write no empty records
            batch = from_record_batch(form.read(message), form.schema)
            out = np.zeros((len(batch), columns.stop - columns.start), np.float32)
            profiles.publish(profiles.stage(batch.columns, out))
            for source in np.unique(batch.source_partition):
                here = batch.source_partition == source
                found[source][batch.source_offset[here], columns] = out[here]
