"""Settings of webhooks: who is told about alerts, decisions, cases and episodes, and for how long."""

from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from settings.sections.section import Section

Kind = Literal["alerts", "decisions", "cases", "episodes"]
ON_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class EndpointSettings(Section):
    """One receiver of events."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")] = Field(
        description="1 to 31 of a-z, 0-9 and '-', a letter first"
    )
    url: str = Field(
        repr=False,  # its path may hold a token
        max_length=2_000,
        pattern=r"^https?://[^\s@#]+$",
        description="https:// address without user and password; http:// only to this machine",
    )
    events: tuple[Kind, ...] = Field(
        ("alerts", "decisions", "cases", "episodes"),
        min_length=1,
        description="kinds of events to send: alerts, decisions, cases, episodes",
    )

    @model_validator(mode="after")
    def _is_private(self) -> Self:
        """Refuse what others on the network could read."""
        address = urlsplit(self.url)
        if address.scheme == "http" and address.hostname not in ON_THIS_MACHINE:
            raise ValueError(f"endpoint {self.name}: url must begin with https://, except to this machine")
        return self


class WebhooksSettings(Section):
    """Endpoints, and the limits of sending. The recorder sends."""

    endpoints: tuple[EndpointSettings, ...] = Field(
        (), max_length=10, description="at most 10 endpoints with different names"
    )
    secret: SecretStr | None = Field(
        None,
        min_length=24,
        description="secrets of at least 24 characters, separated by commas: each endpoint's key is derived "
        "from them, and a delivery has a signature by each; only from FLAGFIVE_WEBHOOKS__SECRET",
    )
    ca_file: str = Field("", description="PEM file of the authorities to trust; empty for the usual ones")
    timeout_s: float = Field(10.0, gt=0, le=60, description="seconds to an answer, over 0 to 60")
    give_up_hours: float = Field(
        24.0, gt=0, le=720, description="hours until a delivery counts as failed, over 0 to 720"
    )
    keep_days: float = Field(
        30.0, ge=1, le=3_650, description="days that finished deliveries stay in the log, 1 to 3650"
    )
    most_waiting: int = Field(
        100_000,
        ge=100,
        le=10_000_000,
        description="deliveries that may wait for one endpoint, 100 to 10,000,000; more are left out",
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [one.name for one in self.endpoints]
        if len(set(names)) < len(names):
            raise ValueError(f"two endpoints have the same name: {', '.join(names)}")
        return self

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the endpoints that get a kind of events."""
        return tuple(one.name for one in self.endpoints if kind in one.events)
