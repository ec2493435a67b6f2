"""Settings of the console: where it listens, and who may sign in."""

from typing import Literal

from pydantic import Field, SecretStr

from settings.sections.section import Port, Section


class ConsoleSettings(Section):
    """Address, sign-in limits and OpenID provider of the console."""

    host: str = Field("127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(8080, description="port to listen on, 0 to 65535; 0 takes a free one")
    address_failures: int = Field(
        30,
        ge=0,
        le=1_000_000,
        description="failed sign-ins of one address within address_minutes before it is refused, "
        "0 to 1,000,000; 0 is no limit",
    )
    address_minutes: float = Field(
        15,
        gt=0,
        le=1_440,
        description="minutes that a failed sign-in counts against its address, over 0 to 1440",
    )
    oidc_issuer: str = Field(
        "",
        pattern=r"^(https?://\S+)?$",
        description="address of an OpenID provider, exactly as its `iss` claim states it; empty for none",
    )
    oidc_client: str = Field("flagfive", min_length=1, description="id of this console at the provider")
    oidc_secret: SecretStr | None = Field(
        None,
        min_length=8,
        description="client secret of at least 8 characters, only from the environment variable "
        "FLAGFIVE_CONSOLE__OIDC_SECRET",
    )
    oidc_role: Literal["", "viewer", "analyst"] = Field(
        "", description="role of a new user from the provider: viewer or analyst; empty refuses new users"
    )
    grafana: str = Field(
        "", pattern=r"^(https?://\S+)?$", description="address of Grafana to link to; empty for none"
    )
