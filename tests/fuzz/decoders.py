"""Every decoder of bytes from outside, its named errors, and valid examples to start from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException

from contracts.acknowledgement import Acknowledgement
from contracts.alert import Alert
from contracts.answer import Answer
from contracts.dead_letter import DeadLetter
from contracts.request import UnreadableRequest, read_request
from contracts.scored_batch import scored_schema
from contracts.seal import Seal
from contracts.stage_batch import LOST_KEY, NOTICE_KEY, BatchFormat, LostRows, stage_schema
from contracts.undecodable import UNDECODABLE
from control.entry import Entry
from control.envelope import unseal
from control.errors import ControlRefused
from control.rules import read_rules
from features.byte_strings import ByteStrings
from features.decode import Decoder
from features.formats.decode import WireDecoder
from features.formats.schemas import Schemas
from features.profile_row import LAST, PROFILE_ROW
from features.profiles import Profiles
from features.schema import TransactionSchema
from features.seen_ids import Extent, SeenIds
from meta.tensors import BrokenArtifact, pack, unpack
from recorder.rows import UnreadableRecord, alert_row, scored_rows, shadow_row
from stream.batch import from_record_batch
from stream.checkpoint import id_chunk
from stream.checkpoint.checkpoint import MARKER_KEY, Marker
from stream.checkpoint.checkpoint_reader import CheckpointReader
from stream.checkpoint.id_checkpoint import IdCheckpoint
from stream.stages.poison import process_without_poison
from stream.stages.stage_messages import StageMessages
from stream.wire.reader import read_records
from tests import proto_records
from tests.avro_records import PAYMENT, AvroWriter, enveloped
from tests.stage_messages import BOUNDS, fetched
from tests.unit.stream.test_record_batches import GZIP, LZ4, NO_CODEC, SNAPPY, ZSTD, batch_by_aiokafka

Bytes = bytes | bytearray
VERSION_1 = Path(__file__).parent.parent / "contract" / "messages" / "version_1"
STAGE_SCHEMA = stage_schema(["card", "merchant"], 3)
SCORED = BatchFormat(scored_schema(["card", "merchant"], 3))
CHECKPOINT = TopicPartition("checkpoint-card", 0)
TRANSACTION = (
    b'{"transaction_id":"t\\u00e91","timestamp":1.7e9,"amount":9.5,"currency":"EUR","mcc":"5411",'
    b'"channel":"ecom","card_id":"c1","merchant_id":7,"more":[1,{"a":null}]}'
)
AVRO_PAYMENT = {
    "transaction_id": "t1", "timestamp": 1.7e9, "amount": 9.5, "currency": "EUR", "mcc": 5411,
    "channel": "ecom", "card_id": "c1", "merchant_id": (1, 7),
}  # fmt: skip
PROTO = proto_records.ProtoSchema(proto_records.PAYMENT)
PROTO_PAYMENT = PROTO.payment(**{**AVRO_PAYMENT, "channel": 1, "merchant_id": "7"})
MIB = 1 << 20


@dataclass(frozen=True)
class Target:
    """One decoder.

    Attributes:
        decode: reads any bytes; it returns, or raises one of `errors`.
        errors: what invalid bytes may raise.
        seeds: valid examples.
    """

    decode: Callable[[bytes], object]
    errors: tuple[type[Exception], ...]
    seeds: Sequence[bytes]


class AnyKey:
    """Accepts every signature, so that what lies behind the signature is tested too."""

    def verifies(self, *_: object) -> bool:
        return True


def stored(name: str) -> bytes:
    return (VERSION_1 / name).read_bytes()


def decode_transaction(data: bytes) -> None:
    columns, rejects = Decoder(TransactionSchema()).decode(
        ByteStrings.from_list([TRANSACTION, data, data[::-1]]), np.full(3, 1.7e9)
    )
    assert len(columns) + len(rejects) == 3
    Profiles(1).stage(columns, np.empty((len(columns), Profiles(1).feature_count), np.float32))


def decode_avro(data: bytes) -> None:
    decoder = WireDecoder(TransactionSchema())
    decoder.schemas.add_avro(5, AvroWriter(PAYMENT).text)
    values = [data, enveloped(5, data), enveloped(6, data), TRANSACTION]
    columns, rejects = decoder.decode(ByteStrings.from_list(values), np.full(4, 1.7e9))
    assert len(columns) + len(rejects) == 4


def decode_protobuf(data: bytes) -> None:
    decoder = WireDecoder(TransactionSchema())
    decoder.schemas.add_protobuf(5, PROTO.descriptors)
    values = [data, proto_records.enveloped(5, data), proto_records.enveloped(5, data, b""), TRANSACTION]
    columns, rejects = decoder.decode(ByteStrings.from_list(values), np.full(4, 1.7e9))
    assert len(columns) + len(rejects) == 4


def decode_protobuf_schema(data: bytes) -> None:
    Schemas(["id", "amount"]).add_protobuf(5, bytes(data))


def decode_avro_schema(data: bytes) -> None:
    Schemas(["id", "amount"]).add_avro(5, data.decode(errors="replace"))


def decode_record_batch(data: bytes) -> None:
    records = read_records(data, from_offset=0, check_crc=False, most_bytes=4 * MIB)
    records.keys.to_list()
    records.values.to_list()


def decode_stage_batch(data: bytes) -> None:
    reader = StageMessages(STAGE_SCHEMA, BOUNDS, Seal())
    rows, _, _ = reader.read(fetched([data, data]), np.arange(2))
    profiles = Profiles(1)
    process_without_poison(
        from_record_batch(rows, STAGE_SCHEMA),
        lambda batch: profiles.stage(
            batch.columns, np.empty((len(batch), profiles.feature_count), np.float32)
        ),
    )


def decode_scored(data: bytes) -> None:
    scored_rows(data, SCORED)


def decode_notice(data: bytes) -> None:
    reader = StageMessages(STAGE_SCHEMA, BOUNDS, Seal())
    reader.read_notices(fetched([data, data], [NOTICE_KEY, LOST_KEY]), np.arange(2))


def decode_checkpoint(data: bytes) -> None:
    profiles = Profiles(0)
    keys = [b"card-1", MARKER_KEY, data[:80]]
    CheckpointReader(1_000, BOUNDS.latest).restore(
        fetched([data, data, data], keys, partition=CHECKPOINT), profiles
    )
    profiles.expire()


def decode_seen_ids(data: bytes) -> None:
    ids = SeenIds(86_400.0, 1_000)
    checkpoint = IdCheckpoint(ids)
    keys = [id_chunk.key_of(0), id_chunk.key_of(1), MARKER_KEY]
    values = [data, data, msgspec.json.encode(Marker(1_000))]
    CheckpointReader(1_000, BOUNDS.latest, checkpoint).restore(
        fetched(values, keys, partition=CHECKPOINT), Profiles(0)
    )
    checkpoint.restore()
    columns, _ = Decoder(TransactionSchema()).decode(
        ByteStrings.from_list([TRANSACTION] * 2), np.full(2, 1.8e9)
    )
    ids.publish(ids.stage(columns, np.full(len(columns), 1.8e9)))
    checkpoint.records(1_000)


def decode_entry(data: bytes) -> None:
    key: Any = AnyKey()
    entry: Entry = unseal(data, b"risk/e-1", key)
    read_rules(entry)


def json_of(kind: type[msgspec.Struct]) -> Callable[[bytes], object]:
    return lambda data: msgspec.json.decode(data, type=kind)


def a_row() -> bytes:
    row = np.zeros(1, PROFILE_ROW)
    row["clock"][:, LAST] = 1.7e9
    return row.tobytes()


def an_id_chunk() -> bytes:
    extent = Extent(5, 8, 1.7e9, np.array([5, 6]), np.array([1.6e9, 1.7e9]))
    hashes, bodies = np.arange(7, 10, dtype=np.uint64), np.arange(3, dtype=np.uint32)
    return id_chunk.encode(id_chunk.IdChunk(900, 5, hashes, bodies, extent))


def record_batches() -> list[bytes]:
    records: list[tuple[bytes | None, bytes | None]] = [(b"k", TRANSACTION * 4), (None, None)]
    return [batch_by_aiokafka(records, 0, codec) for codec in (NO_CODEC, GZIP, SNAPPY, LZ4, ZSTD)]


JSON = UNDECODABLE
TARGETS: dict[str, Target] = {
    "transaction": Target(decode_transaction, (), [TRANSACTION]),
    "avro": Target(
        decode_avro,
        (),
        [AvroWriter(PAYMENT).write(AVRO_PAYMENT), enveloped(5, AvroWriter(PAYMENT).write(AVRO_PAYMENT))],
    ),
    "protobuf": Target(decode_protobuf, (), [PROTO_PAYMENT, proto_records.enveloped(5, PROTO_PAYMENT)]),
    "protobuf_schema": Target(decode_protobuf_schema, (), [PROTO.descriptors]),
    "avro_schema": Target(decode_avro_schema, (), [AvroWriter(PAYMENT).text.encode()]),
    "record_batch": Target(decode_record_batch, (CorruptRecordException,), record_batches()),
    "stage_batch": Target(decode_stage_batch, (), [stored("stage_batch.arrow")]),
    "notice": Target(
        decode_notice, (), [stored("batch_notice.msgpack"), msgspec.msgpack.encode(LostRows(3, 1))]
    ),
    "checkpoint": Target(decode_checkpoint, (), [a_row(), msgspec.json.encode(Marker(7))]),
    "seen_ids": Target(decode_seen_ids, (), [an_id_chunk()]),
    "control_entry": Target(decode_entry, (ControlRefused,), [stored("control_entry.bin")]),
    "artifact": Target(
        lambda data: unpack(data, kind="k"),
        (BrokenArtifact,),
        [pack({"w": np.ones((2, 3), np.float32)}, {"kind": "k"})],
    ),
    "request": Target(read_request, (UnreadableRequest,), [stored("request.json")]),
    "answer": Target(json_of(Answer), JSON, [stored("answer.json")]),
    "acknowledgement": Target(json_of(Acknowledgement), JSON, [stored("acknowledgement.json")]),
    "alert": Target(json_of(Alert), JSON, [stored("alert.json")]),
    "dead_letter": Target(json_of(DeadLetter), JSON, [stored("dead_letter.json")]),
    "scored_row": Target(decode_scored, (UnreadableRecord,), [stored("scored_batch.arrow")]),
    "alert_row": Target(alert_row, (UnreadableRecord,), [stored("alert.json")]),
    "shadow_row": Target(shadow_row, (UnreadableRecord,), [stored("shadow_alert.json")]),
}
