"""The sections of `flagfive.toml`: names, types, defaults and what is allowed.

A field's description states meaning, unit and range; it is printed when a value is refused.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

# Kafka's own rule for topic and group names, in its words: ASCII letters and digits, '.', '_' and '-'.
KafkaName = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._-]{1,200}$", description="1 to 200 of A-Z, a-z, 0-9, '.', '_', '-'")
]
EntityName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A frozen group of keys; an unknown key is an error, since it is most likely a typing mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class BrokerSettings(Section):
    """Where Kafka is, and how `flagfive broker` runs one."""

    bootstrap: str = Field(
        "127.0.0.1:19192",
        pattern=r"^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$",
        description="host:port of the Kafka cluster; several separated by commas",
    )
    start_timeout_s: float = Field(
        60.0, gt=0, le=600, description="seconds to wait for the broker, over 0 to 600"
    )
    heap_mb: int = Field(
        768, ge=256, le=65536, description="Java heap of the own broker in MiB, 256 to 65536"
    )
    min_free_disk_mb: int = Field(
        1024, ge=0, description="free disk in MiB below which the own broker does not start, 0 or more"
    )


class TopicsSettings(Section):
    """Names and limits of the topics; `docs/architecture.md` says what each carries."""

    transactions: KafkaName = "transactions"
    scores: KafkaName = "scores"
    alerts: KafkaName = "alerts"
    shadow_alerts: KafkaName = "shadow-alerts"
    scored: KafkaName = "scored"
    dead_letters: KafkaName = "dead-letters"
    control: KafkaName = "control"
    control_acks: KafkaName = "control-acks"
    feedback: KafkaName = "feedback"
    returned: KafkaName = "returned"
    hop: KafkaName = "hop-"
    checkpoint: KafkaName = "checkpoint-"
    partitions: int = Field(4, ge=1, le=1024, description="partitions of every data topic, 1 to 1024")
    replication: int = Field(
        1, ge=1, le=7, description="copies of each partition, 1 to 7; 3 on a real cluster"
    )
    max_message_bytes: int = Field(
        16 * 1024 * 1024,
        ge=1024 * 1024,
        le=64 * 1024 * 1024,
        description="largest record or batch in bytes, 1 MiB to 64 MiB",
    )
    retention_hours: float = Field(
        168.0, gt=0, le=87600, description="hours that data topics keep records, over 0 to 87600"
    )

    @property
    def max_dead_letter_bytes(self) -> int:
        """Largest dead letter: it carries a damaged record as base64, a third larger, and a reason."""
        return self.max_message_bytes * 3 // 2

    def hop_of(self, entity: str) -> str:
        """Name of the internal topic that carries batches to the hop of `entity`."""
        return self.hop + entity

    def checkpoint_of(self, entity: str) -> str:
        """Name of the compacted topic with the profile rows of `entity`."""
        return self.checkpoint + entity

    def prefixed(self, prefix: str) -> "TopicsSettings":
        """Return the same topics under `prefix`, so that two set-ups share one cluster."""
        names = {name: prefix + value for name, value in self if isinstance(value, str)}
        return self.model_copy(update=names)


class TransactionSettings(Section):
    """Which field of the incoming JSON (or column of a file) holds what."""

    id: str = Field("transaction_id", min_length=1, description="field of the unique transaction id")
    time: str = Field("time", min_length=1, description="field of the event time")
    amount: str = Field("amount", min_length=1, description="field of the amount")
    currency: str = Field("currency", description="field of the currency; empty where the data has none")
    category: str = Field("category", description="field of the merchant category; empty where none")
    channel: str = Field("channel", description="field of the channel (entry mode); empty where none")
    time_unit: Literal["s", "ms", "us", "iso8601"] = Field(
        "ms", description="seconds, milliseconds or microseconds since 1970, or ISO 8601 text"
    )
    earliest: AwareDatetime = Field(
        datetime(2000, 1, 1, tzinfo=UTC), description="event times before this are rejected; with time zone"
    )
    latest: AwareDatetime = Field(
        datetime(2100, 1, 1, tzinfo=UTC), description="event times after this are rejected; with time zone"
    )

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "TransactionSettings":
        if self.earliest >= self.latest:
            raise ValueError(f"earliest ({self.earliest}) must be before latest ({self.latest})")
        return self


class EntitySettings(Section):
    """One kind of entity that history is kept for."""

    name: EntityName = Field(description="name in topics and features: a-z, 0-9, _; at most 31")
    field: str = Field(min_length=1, description="field of the transaction that holds the entity's key")


class StreamSettings(Section):
    """How the scorer reads and commits."""

    delivery: Literal["exactly_once", "at_least_once"] = Field(
        "exactly_once", description="one Kafka transaction per batch, or none"
    )
    group: KafkaName = "flagfive"
    checkpoint_interval_s: float = Field(
        5.0, ge=0.1, le=3600, description="seconds between profile checkpoints, 0.1 to 3600"
    )
    fetch_kib: int = Field(
        1024,
        ge=16,
        le=65_536,
        description="most KiB fetched of a partition at a time, 16 to 65,536; bounds batches and memory",
    )
    session_timeout_s: float = Field(
        6.0,
        ge=6,
        le=300,
        description="seconds of silence after which a worker's partitions are given away, 6 to 300",
    )


class BudgetSettings(Section):
    """How much genuine traffic may be alerted."""

    alert_rate: float = Field(
        0.001, gt=0, le=0.5, description="share of genuine traffic that may be alerted, over 0 to 0.5"
    )
    alerts_per_day: float = Field(
        0.0,
        ge=0,
        le=1e7,
        description="false alerts a day, which count instead of alert_rate once a day of traffic is known; "
        "0 for alert_rate, to 10,000,000",
    )


class StorageSettings(Section):
    """The SQL database of the recorder, the console and the adaptation worker."""

    url: str = Field(
        "sqlite:///flagfive.sqlite",
        repr=False,  # may hold a password
        pattern=r"^(sqlite|postgresql(\+psycopg)?)://",
        description="sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE",
    )
    transactions_days: float = Field(
        0.0, ge=0, le=36500, description="days of event time that transactions are kept, 0 for all, to 36500"
    )
    alerts_days: float = Field(
        0.0, ge=0, le=36500, description="days of event time that alerts are kept, 0 for all, to 36500"
    )


class AdaptationSettings(Section):
    """How an episode becomes a detector."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where torch computes")
    adapter: EntityName = Field("evidence", description="name of an adapter in meta/adapters")
    policy: Literal["auto", "approve", "shadow"] = Field(
        "auto", description="live after the gate, live after a person's approval, or silent beside live ones"
    )
    four_eyes: bool = Field(False, description="whether another person must approve what one flagged")
    risk_half_life_days: float = Field(
        14.0, gt=0, le=3650, description="days in which the risk of a confirmed fraud halves, over 0 to 3650"
    )
    block_days: float = Field(
        28.0, gt=0, le=3650, description="days that a shared terminal or device is blocked, over 0 to 3650"
    )
    expire_days: float = Field(
        0.0, ge=0, le=3650, description="days after which a detector leaves by itself, 0 for never, to 3650"
    )
    recalibrate_hours: float = Field(
        24.0, ge=0, le=8760, description="hours between recalibrations, 0 for none, to 8760"
    )


class ControlSettings(Section):
    """The control log's signature."""

    key: SecretStr | None = Field(
        None,
        min_length=16,
        description="signing key of at least 16 characters, only from the environment variable "
        "FLAGFIVE_CONTROL_KEY",
    )


class MetricsSettings(Section):
    """Where each process serves Prometheus metrics; port 0 turns them off."""

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    worker_port: Port = Field(9301, description="port of the scorer, 0 to 65535")
    recorder_port: Port = Field(9302, description="port of the recorder, 0 to 65535")
    adapter_port: Port = Field(9303, description="port of the adaptation worker, 0 to 65535")
    monitor_port: Port = Field(9304, description="port of the monitor, 0 to 65535")
    console_port: Port = Field(9305, description="port of the console, 0 to 65535")
    feed_port: Port = Field(0, description="port of produce and simulate, 0 to 65535")


class MonitoringSettings(Section):
    """How drift and quality are watched."""

    every_s: float = Field(60.0, ge=1, le=86400, description="seconds between looks, 1 to 86400")
    label_delay_days: float = Field(
        7.0, ge=0, le=365, description="age in days from which a day's labels count as come, 0 to 365"
    )
    cards: int = Field(100, ge=1, le=100_000, description="k of card precision at k, 1 to 100000")


class ConsoleSettings(Section):
    """Where the analyst console listens."""

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(8080, description="port to listen on, 0 to 65535; 0 takes a free one")
    address_failures: int = Field(
        30,
        ge=0,
        le=1_000_000,
        description="wrong passwords from one address within address_minutes; 0 for no limit",
    )
    address_minutes: float = Field(
        15, gt=0, le=1_440, description="minutes that a wrong password counts against its address, to 1440"
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="address of an OpenID provider to sign in with, as it names itself; empty for none",
    )
    oidc_client: str = Field("flagfive", min_length=1, description="this console's id at the provider")
    oidc_secret: SecretStr | None = Field(
        None,
        min_length=8,
        description="its secret there, only from the environment variable FLAGFIVE_CONSOLE__OIDC_SECRET",
    )
    oidc_role: Literal["", "viewer", "analyst"] = Field(
        "", description="role of whoever comes from there first; empty lets in only users that exist by name"
    )
    grafana: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="address of Grafana to link to, or none"
    )


class TracingSettings(Section):
    """Where spans of transactions and episodes go."""

    endpoint: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="OTLP/HTTP address of a collector, as in http://localhost:4318; empty turns tracing off",
    )
    share: float = Field(0.001, ge=0, le=1, description="share of transactions that is followed, 0 to 1")


class LoggingSettings(Section):
    """What the processes log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="least severe level shown"
    )
    format: Literal["text", "json"] = Field("text", description="lines for people or for machines")


DEFAULT_ENTITIES = (
    EntitySettings(name="card", field="card_id"),
    EntitySettings(name="merchant", field="merchant_id"),
)


class Settings(Section):
    """Everything a process needs to know, immutable. The first entity is the primary one.

    `var` and a relative SQLite path are absolute here: `var` counts from the folder of the file, the database
    from `var`.
    """

    var: Path = Field(Path("var"), description="folder of run-time files: broker, logs, database")
    broker: BrokerSettings = BrokerSettings()
    topics: TopicsSettings = TopicsSettings()
    transaction: TransactionSettings = TransactionSettings()
    entities: tuple[EntitySettings, ...] = Field(
        DEFAULT_ENTITIES, min_length=1, max_length=8, description="1 to 8 entities with different names"
    )
    stream: StreamSettings = StreamSettings()
    budget: BudgetSettings = BudgetSettings()
    storage: StorageSettings = StorageSettings()
    adaptation: AdaptationSettings = AdaptationSettings()
    control: ControlSettings = ControlSettings()
    metrics: MetricsSettings = MetricsSettings()
    monitoring: MonitoringSettings = MonitoringSettings()
    console: ConsoleSettings = ConsoleSettings()
    tracing: TracingSettings = TracingSettings()
    logging: LoggingSettings = LoggingSettings()

    @field_validator("entities")
    @classmethod
    def _names_differ(cls, entities: tuple[EntitySettings, ...]) -> tuple[EntitySettings, ...]:
        names = [entity.name for entity in entities]
        if len(set(names)) < len(names):
            raise ValueError(f"two entities have the same name: {', '.join(names)}")
        return entities

    @property
    def primary(self) -> EntitySettings:
        """The entity that keys `transactions`."""
        return self.entities[0]
