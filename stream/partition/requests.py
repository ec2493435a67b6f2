"""Requests of newer Kafka versions than aiokafka speaks, in aiokafka's own form.

Two features need them. Fencing by the group's generation (KIP-447, Kafka 2.5): `TxnOffsetCommit` names the
member and its generation, and `OffsetFetch` waits for places of open transactions. Transactions version 2
(KIP-890, Kafka 4.0): `Produce` and `TxnOffsetCommit` join the transaction themselves, and `EndTxn` returns a
new epoch. The field names and their order are those of the message definitions in Kafka's sources.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, TypeVar

from aiokafka import TopicPartition
from aiokafka.protocol.api import Request, RequestStruct, Response, ResponseHeader_v0
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactBytes,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
    UnsignedVarInt32,
)

NO_TAGS: dict[int, bytes] = {}
_TAGS = ("tags", TaggedFields)
_NAME = ("name", CompactString("utf-8"))
_ID = ("transactional_id", CompactString("utf-8"))
_PRODUCER = (("producer_id", Int64), ("producer_epoch", Int16))
_ERRORS = CompactArray(
    _NAME,
    ("partitions", CompactArray(("partition", Int32), ("error_code", Int16), _TAGS)),
    _TAGS,
)
_CLIENT, _CLIENT_VERSION = "flagfive", "1"

Struct = TypeVar("Struct", bound=RequestStruct)


class _RequestOf(Request[Struct]):
    """A request in one version: its fields are those of the structure."""

    API_KEY = -1  # aiokafka wants a number in every class; each request has its own

    def __init__(self, *fields: Any) -> None:
        self._fields = fields

    def build(self, request_struct_class: type[Struct]) -> Struct:
        built: Struct = request_struct_class(*self._fields)
        return built


class ApiVersionsResponseV3(Response):
    API_KEY = 18
    API_VERSION = 3
    SCHEMA = Schema(
        ("error_code", Int16),
        ("api_versions", CompactArray(("key", Int16), ("least", Int16), ("most", Int16), _TAGS)),
        ("throttle_time_ms", Int32),
        _TAGS,
    )


class ApiVersionsRequestV3(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 18
    API_VERSION = 3
    RESPONSE_TYPE = ApiVersionsResponseV3
    SCHEMA = Schema(("client", CompactString("utf-8")), ("version", CompactString("utf-8")), _TAGS)

    def parse_response_header(self, read_buffer: BytesIO | bytes) -> ResponseHeader_v0:
        """Read the old header: a broker of any version must be able to answer this request."""
        return ResponseHeader_v0.decode(read_buffer)


class ApiVersionsRequest(Request[ApiVersionsRequestV3]):
    """Asks which features the cluster has agreed on."""

    API_KEY = 18

    def build(self, request_struct_class: type[ApiVersionsRequestV3]) -> ApiVersionsRequestV3:
        return request_struct_class(_CLIENT, _CLIENT_VERSION, NO_TAGS)


class OffsetFetchResponseV7(Response):
    API_KEY = 9
    API_VERSION = 7
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("topics", CompactArray(
            _NAME,
            ("partitions", CompactArray(
                ("partition", Int32),
                ("offset", Int64),
                ("leader_epoch", Int32),
                ("metadata", CompactString("utf-8")),
                ("error_code", Int16),
                _TAGS,
            )),
            _TAGS,
        )),
        ("error_code", Int16),
        _TAGS,
    )  # fmt: skip


class OffsetFetchRequestV7(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 9
    API_VERSION = 7
    RESPONSE_TYPE = OffsetFetchResponseV7
    SCHEMA = Schema(
        ("group", CompactString("utf-8")),
        ("topics", CompactArray(_NAME, ("partitions", CompactArray(Int32)), _TAGS)),
        ("require_stable", Boolean),
        _TAGS,
    )


class StableOffsetFetchRequest(Request[OffsetFetchRequestV7]):
    """Asks for committed places of one moment; an error where an open transaction holds a new one."""

    API_KEY = 9

    def __init__(self, group: str, partitions: Sequence[TopicPartition]) -> None:
        self._group, self._partitions = group, partitions

    def build(self, request_struct_class: type[OffsetFetchRequestV7]) -> OffsetFetchRequestV7:
        numbers: dict[str, list[int]] = {}
        for topic, number in self._partitions:
            numbers.setdefault(topic, []).append(number)
        topics = [(topic, found, NO_TAGS) for topic, found in numbers.items()]
        return request_struct_class(self._group, topics, True, NO_TAGS)


class TxnOffsetCommitResponseV3(Response):
    API_KEY = 28
    API_VERSION = 3
    SCHEMA = Schema(("throttle_time_ms", Int32), ("errors", _ERRORS), _TAGS)


class TxnOffsetCommitRequestV3(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 28
    API_VERSION = 3
    RESPONSE_TYPE = TxnOffsetCommitResponseV3
    SCHEMA = Schema(
        _ID,
        ("group", CompactString("utf-8")),
        *_PRODUCER,
        ("generation", Int32),
        ("member", CompactString("utf-8")),
        ("group_instance", CompactString("utf-8")),
        ("topics", CompactArray(
            _NAME,
            ("partitions", CompactArray(
                ("partition", Int32),
                ("offset", Int64),
                ("leader_epoch", Int32),
                ("metadata", CompactString("utf-8")),
                _TAGS,
            )),
            _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class TxnOffsetCommitRequestV5(TxnOffsetCommitRequestV3):
    """The same fields; the broker adds the group to the transaction."""

    API_VERSION = 5


class FencedTxnOffsetCommitRequest(_RequestOf[TxnOffsetCommitRequestV3]):
    """Commits places in a transaction, if the member still belongs to the group's generation."""

    API_KEY = 28


class JoiningTxnOffsetCommitRequest(_RequestOf[TxnOffsetCommitRequestV5]):
    """The same in a transaction of version 2, which the group joins by this request."""

    API_KEY = 28


class ProduceResponseV12(Response):
    API_KEY = 0
    API_VERSION = 12
    SCHEMA = Schema(
        ("topics", CompactArray(
            _NAME,
            ("partitions", CompactArray(
                ("partition", Int32),
                ("error_code", Int16),
                ("offset", Int64),
                ("timestamp", Int64),
                ("log_start_offset", Int64),
                ("record_errors", CompactArray(("index", Int32), ("message", CompactString("utf-8")), _TAGS)),
                ("error_message", CompactString("utf-8")),
                _TAGS,
            )),
            _TAGS,
        )),
        ("throttle_time_ms", Int32),
        _TAGS,
    )  # fmt: skip


class ProduceRequestV12(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 0
    API_VERSION = 12
    RESPONSE_TYPE = ProduceResponseV12
    SCHEMA = Schema(
        _ID,
        ("acks", Int16),
        ("timeout_ms", Int32),
        ("topics", CompactArray(
            _NAME,
            ("partitions", CompactArray(("partition", Int32), ("records", CompactBytes), _TAGS)),
            _TAGS,
        )),
        _TAGS,
    )  # fmt: skip


class JoiningProduceRequest(_RequestOf[ProduceRequestV12]):
    """Writes batches; their partitions join the transaction by this request."""

    API_KEY = 0


class EndTxnResponseV5(Response):
    API_KEY = 26
    API_VERSION = 5
    SCHEMA = Schema(("throttle_time_ms", Int32), ("error_code", Int16), *_PRODUCER, _TAGS)


class EndTxnRequestV5(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = 26
    API_VERSION = 5
    RESPONSE_TYPE = EndTxnResponseV5
    SCHEMA = Schema(_ID, *_PRODUCER, ("committed", Boolean), _TAGS)


class BumpingEndTxnRequest(_RequestOf[EndTxnRequestV5]):
    """Ends the transaction; the answer names the epoch of the next one."""

    API_KEY = 26


def finalized_features(answer: ApiVersionsResponseV3) -> dict[str, int]:
    """Return the level of each feature that the cluster has agreed on."""
    data = BytesIO(answer.tags.get(_FINALIZED, b"\x01"))  # an empty compact array by default
    count = UnsignedVarInt32.decode(data) - 1
    return {name: most for name, most, _, _ in (_FEATURE.decode(data) for _ in range(count))}


_FINALIZED = 2  # tag of the finalized features
_FEATURE = Schema(_NAME, ("most", Int16), ("least", Int16), _TAGS)
