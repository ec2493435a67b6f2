"""Settings of Kafka: the address of the cluster, and the topics."""

from pydantic import AliasChoices, Field

from settings.sections.section import KafkaName, Section


class BrokerSettings(Section):
    """The address of the Kafka cluster, and how `flagfive broker` runs one."""

    bootstrap: str = Field(
        "127.0.0.1:19192",
        pattern=r"^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$",
        description="host:port of the Kafka cluster; several separated by commas",
    )
    start_timeout_s: float = Field(
        60.0, gt=0, le=600, description="seconds to wait for the broker to answer, over 0 to 600"
    )
    heap_mb: int = Field(
        768, ge=256, le=65536, description="Java heap of `flagfive broker` in MiB, 256 to 65536"
    )
    min_free_disk_mb: int = Field(
        1024, ge=0, description="free disk in MiB that `flagfive broker` needs to start, 0 or more"
    )


class TopicsSettings(Section):
    """Names and limits of the topics; `docs/architecture.md` describes what each carries."""

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
    stage: KafkaName = Field("hop-", validation_alias=AliasChoices("stage", "hop"))
    """Prefix of the input topics of the stages; `hop` is the earlier name of this key. The default keeps the
    topics of existing installations, so that an upgrade loses no batch."""
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
        """Largest dead letter in bytes: the damaged record as base64, a third larger, and the reason."""
        return self.max_message_bytes * 3 // 2

    def stage_topic(self, entity: str) -> str:
        """Return the name of the input topic of the stage of `entity`."""
        return self.stage + entity

    def checkpoint_topic(self, entity: str) -> str:
        """Return the name of the compacted topic with the profile rows of `entity`."""
        return self.checkpoint + entity

    def prefixed(self, prefix: str) -> "TopicsSettings":
        """Return the same topics with a prefix, so that two installations can share one cluster."""
        names = {name: prefix + value for name, value in self if isinstance(value, str)}
        return self.model_copy(update=names)
