"""Settings of Kafka: the cluster and how to connect to it, and the topics."""

from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, model_validator

from settings.sections.section import KafkaName, Section

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]


class BrokerSettings(Section):
    """The Kafka cluster, how every client connects to it, and how `flagfive broker` runs one."""

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
    security_protocol: Protocol = Field(
        "PLAINTEXT", description="PLAINTEXT, SSL (TLS), SASL_PLAINTEXT, or SASL_SSL (SASL over TLS)"
    )
    ca_file: str = Field("", description="PEM file of the authorities to trust; empty for the system's")
    certificate_file: str = Field("", description="PEM file of the client's certificate; empty for none")
    key_file: str = Field(
        "", description="PEM file of the client's private key; empty if certificate_file holds it too"
    )
    key_password: SecretStr | None = Field(
        None,
        description="password of the private key, only from the environment variable "
        "FLAGFIVE_BROKER__KEY_PASSWORD",
    )
    sasl_mechanism: Mechanism = Field(
        "", description="PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty without SASL"
    )
    user: str = Field("", description="user name of PLAIN and SCRAM")
    password: SecretStr | None = Field(
        None,
        description="password of PLAIN and SCRAM, only from the environment variable "
        "FLAGFIVE_BROKER__PASSWORD",
    )
    oauth_token_url: str = Field(
        "",
        pattern=r"^(https://[^\s@]+|http://(127\.0\.0\.1|localhost)[:/][^\s@]*)?$",
        description="token endpoint of OAUTHBEARER, https://HOST/PATH, or http on this machine; empty if "
        "oauth_token_file is set",
    )
    oauth_client: str = Field("", description="client id at the token endpoint")
    oauth_secret: SecretStr | None = Field(
        None,
        description="client secret at the token endpoint, only from the environment variable "
        "FLAGFIVE_BROKER__OAUTH_SECRET",
    )
    oauth_scope: str = Field("", description="scope to ask the token endpoint for; empty for none")
    oauth_token_file: str = Field(
        "", description="file that holds the token of OAUTHBEARER, read for each connection; empty for none"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse a set that would connect in another way than its author expects."""
        problems = [*self._tls_problems(), *self._sasl_problems()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _tls_problems(self) -> list[str]:
        problems = []
        files = [key for key in ("ca_file", "certificate_file", "key_file") if getattr(self, key)]
        if files and self.security_protocol not in ("SSL", "SASL_SSL"):
            allowed = "SSL or SASL_SSL"
            problems.append(
                f"{', '.join(files)} need security_protocol {allowed}; it is {self.security_protocol}"
            )
        if self.key_file and not self.certificate_file:
            problems.append("key_file needs certificate_file, the certificate of that key")
        return problems

    def _sasl_problems(self) -> list[str]:
        if self.security_protocol not in ("SASL_PLAINTEXT", "SASL_SSL"):
            if not self.sasl_mechanism:
                return []
            return [
                "sasl_mechanism needs security_protocol SASL_SSL or SASL_PLAINTEXT; "
                f"it is {self.security_protocol}"
            ]
        if not self.sasl_mechanism:
            return [f"security_protocol {self.security_protocol} needs sasl_mechanism"]
        if self.sasl_mechanism == "OAUTHBEARER":
            return self._oauth_problems()
        if not self.user or self.password is None:
            return [
                f"sasl_mechanism {self.sasl_mechanism} needs user, and the password in "
                "FLAGFIVE_BROKER__PASSWORD or the path of its file in FLAGFIVE_BROKER__PASSWORD_FILE"
            ]
        return []

    def _oauth_problems(self) -> list[str]:
        endpoint = bool(self.oauth_token_url and self.oauth_client and self.oauth_secret)
        if endpoint != bool(self.oauth_token_file):
            return []
        return [
            "sasl_mechanism OAUTHBEARER needs either oauth_token_file, or oauth_token_url, oauth_client and "
            "the secret in FLAGFIVE_BROKER__OAUTH_SECRET or FLAGFIVE_BROKER__OAUTH_SECRET_FILE"
        ]


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

    dead_letters_keep_bytes: bool = Field(
        False,
        description="whether a dead letter holds the first 64 KiB of its record, with card numbers, track "
        "data and fields such as cvv masked; without, it names topic, partition and offset only",
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
