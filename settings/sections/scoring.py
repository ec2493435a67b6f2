"""Settings of scoring: fields of a transaction, entities, and how the stream is read."""

from datetime import UTC, datetime
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr, field_validator, model_validator

from settings.sections.section import EntityName, KafkaName, Section

MINIMUM_STREAM_KEY = 16


class TransactionSettings(Section):
    """The field of the incoming record, or the column of a file, that holds each value.

    In Avro and Protobuf, dots lead into nested records.
    """

    format: Literal["json", "avro", "protobuf"] = Field(
        "json",
        description="json; or avro or protobuf in Confluent's wire format, with schemas from [registry], "
        "and JSON records between them",
    )
    id: str = Field("transaction_id", min_length=1, description="field of the unique transaction id")
    time: str = Field("time", min_length=1, description="field of the event time")
    amount: str = Field("amount", min_length=1, description="field of the amount")
    currency: str = Field("currency", description="field of the currency; empty if the data has none")
    category: str = Field(
        "category", description="field of the merchant category; empty if the data has none"
    )
    channel: str = Field(
        "channel", description="field of the channel (entry mode); empty if the data has none"
    )
    time_unit: Literal["s", "ms", "us", "iso8601"] = Field(
        "ms", description="seconds, milliseconds or microseconds since 1970, or ISO 8601 text"
    )
    earliest: AwareDatetime = Field(
        datetime(2000, 1, 1, tzinfo=UTC), description="event times before this are rejected; with time zone"
    )
    latest: AwareDatetime = Field(
        datetime(2100, 1, 1, tzinfo=UTC), description="event times after this are rejected; with time zone"
    )

    ahead_minutes: float = Field(
        15.0,
        ge=0,
        le=1440,
        description="minutes that an event time may be ahead of its arrival at the broker, 0 to 1440; later "
        "ones are rejected",
    )

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "TransactionSettings":
        if self.earliest >= self.latest:
            raise ValueError(f"earliest ({self.earliest}) must be before latest ({self.latest})")
        return self


class EntitySettings(Section):
    """One kind of entity that profiles are kept for."""

    name: EntityName = Field(description="name in topics and features: a-z, 0-9, _; at most 31")
    field: str = Field(min_length=1, description="field of the transaction that holds the entity's key")


class StreamSettings(Section):
    """How the scorer reads and commits."""

    delivery: Literal["exactly_once", "at_least_once"] = Field(
        "exactly_once",
        description="exactly_once uses Kafka transactions; at_least_once may repeat scores after a crash",
    )
    group: KafkaName = "flagfive"
    checkpoint_interval_s: float = Field(
        5.0, ge=0.1, le=3600, description="seconds between profile checkpoints, 0.1 to 3600"
    )
    fetch_kib: int = Field(
        1024,
        ge=16,
        le=65_536,
        description="largest fetch of a partition in KiB, 16 to 65,536; limits batches and memory",
    )
    unpacked_mib: int = Field(
        32,
        ge=1,
        le=1024,
        description="largest size in MiB of the compressed records of one fetch after decompression, 1 to "
        "1024; a larger batch is skipped as a dead letter",
    )
    session_timeout_s: float = Field(
        6.0,
        ge=6,
        le=300,
        description="seconds of silence after which a worker loses its partitions, 6 to 300",
    )
    repeat_hours: float = Field(
        24.0,
        ge=0,
        le=8_760,
        description="hours for which the id of a transaction is known; the same transaction again is not "
        "scored again; 0 to 8,760, 0 scores every record",
    )
    repeat_ids: int = Field(
        2_000_000,
        ge=1_000,
        le=100_000_000,
        description="most ids that are known on one partition, 1,000 to 100,000,000; two million take 60 MB; "
        "beyond it the oldest are forgotten early",
    )
    key: SecretStr | None = Field(
        None,
        description="shared secret of all workers, at least 16 characters, that seals messages between "
        "stages, only from the environment variable FLAGFIVE_STREAM__KEY; several separated by commas: the "
        "first seals, all are accepted; without one, anyone who may write to internal topics is believed",
    )
    accept_unsealed: bool = Field(
        False, description="whether messages without a seal are read too, while a first key is introduced"
    )

    @property
    def unpacked_bytes(self) -> int:
        """`unpacked_mib` in bytes."""
        return self.unpacked_mib << 20

    @field_validator("key")
    @classmethod
    def _keys_are_long(cls, key: SecretStr | None) -> SecretStr | None:
        parts = key.get_secret_value().split(",") if key else []
        if any(len(part.strip()) < MINIMUM_STREAM_KEY for part in parts):
            raise ValueError(f"each key needs at least {MINIMUM_STREAM_KEY} characters")
        return key
