"""Where the analyst console listens, and who may sign in."""

from typing import Literal

from pydantic import Field, SecretStr

from settings.sections.section import Port, Section


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
