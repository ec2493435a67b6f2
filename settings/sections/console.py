"""Settings of the console: where it listens, its limits, and who may sign in."""

from typing import Literal

from pydantic import Field, SecretStr

from settings.sections.section import Port, Section


class ConsoleSettings(Section):
    """Address, limits, secret and OpenID provider of the console."""

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
    idle_minutes: float = Field(
        30, ge=1, le=720, description="minutes without use after which a session ends, 1 to 720"
    )
    second_factor: Literal["optional", "required"] = Field(
        "optional",
        description="optional, or required: users with a password must set up an authenticator app before "
        "they can do anything else; users of a provider have their second factor there",
    )
    requests_per_second: float = Field(
        100,
        ge=0,
        le=100_000,
        description="requests a second of one address, 0 to 100,000; ten seconds' worth may come at once; "
        "0 is no limit",
    )
    requests_at_once: int = Field(
        50,
        ge=1,
        le=10_000,
        description="requests of one address in progress at a time, 1 to 10,000; all addresses together may "
        "have five times as many",
    )
    body_kib: int = Field(
        4_096, ge=16, le=1_048_576, description="largest request body in KiB, 16 to 1,048,576"
    )
    hsts_days: int = Field(
        365,
        ge=0,
        le=3_650,
        description="days that browsers must use HTTPS after one visit by HTTPS, 0 to 3650; 0 asks for none",
    )
    secret: SecretStr | None = Field(
        None,
        min_length=16,
        description="key of at least 16 characters that encrypts card references, the same for all consoles "
        "of a database, only from FLAGFIVE_CONSOLE__SECRET; without it the console makes one in var/secrets",
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
