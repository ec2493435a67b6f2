"""Compute the expected features of an undisturbed worker from the committed topics alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from kafka import KafkaConsumer, TopicPartition
from numpy.typing import NDArray

from contracts.broker import kafka_python_options
from contracts.stage_batch import stage_schema
from features.byte_strings import ByteStrings
from features.decode import Decoder
from features.profiles import Profiles
from features.vector import FeatureLayout
from settings import Settings
from stream.batch import from_record_batch
from stream.wiring import transaction_schema
from tests.stream_run import StreamRun

Place = tuple[int, int]  # source partition and offset


def expected_features(run: StreamRun) -> dict[Place, NDArray[np.float32]]:
    """Return features by place. Cards fold in `transactions` order, merchants in the order of their topic."""
    features = _primary_features(run.settings)
    for entity in run.settings.entities[1:]:
        _add_entity(run, entity.name, features)
    return features


def _primary_features(settings: Settings) -> dict[Place, NDArray[np.float32]]:
    schema = transaction_schema(settings)
    layout = FeatureLayout(schema)
    features: dict[Place, NDArray[np.float32]] = {}
    for partition in range(settings.topics.partitions):
        values, offsets, arrival = _transactions(settings, partition)
        columns, _ = Decoder(schema).decode(values, arrival)
        rows = np.zeros((len(columns), len(layout)), np.float32)
        layout.own_features(columns, rows)
        Profiles(0).stage(columns, rows[:, layout.entities[0]])
        features |= {(partition, int(offsets[r])): rows[i] for i, r in enumerate(columns.row)}
    return features


def _transactions(
    settings: Settings, partition: int
) -> tuple[ByteStrings, NDArray[np.int64], NDArray[np.float64]]:
    consumer = KafkaConsumer(**kafka_python_options(settings.broker), isolation_level="read_committed")
    place = TopicPartition(settings.topics.transactions, partition)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    end = consumer.end_offsets([place])[place]
    records = []
    while consumer.position(place) < end:
        records += consumer.poll(timeout_ms=200).get(place, [])
    consumer.close()
    return (
        ByteStrings.from_list([record.value for record in records]),
        np.array([record.offset for record in records]),
        np.array([record.timestamp for record in records]) / 1000.0,
    )


def _add_entity(run: StreamRun, entity: str, features: dict[Place, NDArray[np.float32]]) -> None:
    schema = transaction_schema(run.settings)
    layout = FeatureLayout(schema)
    names = [field.name for field in schema.entities]
    at = names.index(entity)
    profiles = [Profiles(at) for _ in range(run.settings.topics.partitions)]
    arrow_schema = stage_schema(names, len(layout))
    for partition, message in run.records(run.settings.topics.stage_topic(entity)):
        batch = from_record_batch(pa.ipc.open_stream(message).read_next_batch(), arrow_schema)
        out = np.zeros((len(batch), layout.entities[at].stop - layout.entities[at].start), np.float32)
        mine = profiles[partition]
        mine.publish(mine.stage(batch.columns, out))
        for row in range(len(batch)):
            place = (int(batch.source_partition[row]), int(batch.source_offset[row]))
            features[place][layout.entities[at]] = out[row]
