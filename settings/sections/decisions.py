"""Settings of the decision API: where it listens, who may ask, deadlines and limits."""

from typing import Literal

from pydantic import Field, SecretStr, model_validator

from settings.sections.section import Section

DecisionName = Literal["approve", "review", "decline"]


class DecisionsSettings(Section):
    """Address, access, deadline, fallback and limits of `flagfive decide`."""

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: int = Field(8090, ge=1, le=65_535, description="port to listen on, 1 to 65535")
    access: Literal["token", "certificate"] = Field(
        "token",
        description="token: an API token with the scope decisions; certificate: a client certificate of "
        "client_ca_file",
    )
    certificate_file: str = Field(
        "", description="PEM file of the server's certificate; empty serves without TLS"
    )
    key_file: str = Field("", description="PEM file of its private key, in PKCS #8")
    key_password: SecretStr | None = Field(
        None, min_length=1, description="password of key_file, only from FLAGFIVE_DECISIONS__KEY_PASSWORD"
    )
    client_ca_file: str = Field(
        "", description="PEM file of the authority of client certificates, which are then required; or empty"
    )
    deadline_ms: float = Field(
        100, ge=1, le=60_000, description="milliseconds to an answer unless the request says, 1 to 60,000"
    )
    durable: bool = Field(
        True,
        description="whether an answer waits for the commit of its score unless the request says; without, "
        "the committed score may differ after a crash of the worker",
    )
    fallback: DecisionName = Field(
        "review", description="decision without a score in time: approve, review or decline"
    )
    overload: Literal["refuse", "fallback"] = Field(
        "refuse", description="beyond capacity: refuse (status 429), or answer with the fallback"
    )
    at_once: int = Field(
        2_000,
        ge=16,
        le=100_000,
        description="most transactions that wait for their score at a time, 16 to 100,000; the gateway "
        "admits fewer while scores come late",
    )
    batch: int = Field(1_000, ge=1, le=1_000, description="most transactions of one request, 1 to 1000")
    body_kib: int = Field(2_048, ge=1, le=65_536, description="largest request body in KiB, 1 to 65,536")
    remember: int = Field(
        100_000,
        ge=1_000,
        le=10_000_000,
        description="newest scores in memory, 1000 to 10,000,000; older ones are read from the database",
    )
    token_seconds: float = Field(
        10, ge=0, le=300, description="seconds until a revoked token is refused, 0 to 300"
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_own_bound(cls, given: object) -> object:
        """Refuse the bound that the decision policy replaced; 0 was its default and said nothing."""
        if not isinstance(given, dict) or "decline_surprise" not in given:
            return given
        value = given["decline_surprise"]
        if str(value).strip() not in ("0", "0.0", ""):
            raise ValueError(
                f"decline_surprise = {value} is no longer a setting: the decision policy says what is "
                f"declined. Save a file with the lines `otherwise:` and `  decline_from: {value}`, set it "
                "with `flagfive policy set FILE`, and remove the setting"
            )
        return {name: one for name, one in given.items() if name != "decline_surprise"}

    @model_validator(mode="after")
    def _files_go_together(self) -> "DecisionsSettings":
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("certificate_file and key_file go together")
        if self.client_ca_file and not self.certificate_file:
            raise ValueError("client_ca_file needs certificate_file and key_file")
        if self.access == "certificate" and not self.client_ca_file:
            raise ValueError("access = certificate needs client_ca_file")
        return self
