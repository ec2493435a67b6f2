"""Settings of the schema registry, for payments in Avro or Protobuf."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from settings.sections.section import Section

_ON_THIS_MACHINE = ("http://127.0.0.1", "http://localhost", "http://[::1]")


class RegistrySettings(Section):
    """The schema registry, which speaks Confluent's REST interface, and how workers connect to it."""

    url: str = Field(
        "",
        pattern=r"^(https?://[^\s@,?#]+(,https?://[^\s@,?#]+)*)?$",
        description="http:// or https:// address without user and password; several of one registry "
        "separated by commas; empty for none",
    )
    ca_file: str = Field("", description="PEM file of the authorities to trust; empty for the system's")
    certificate_file: str = Field("", description="PEM file of the client's certificate; empty for none")
    key_file: str = Field(
        "", description="PEM file of the client's private key; empty if certificate_file holds it too"
    )
    key_password: SecretStr | None = Field(
        None,
        description="password of the private key, only from the environment variable "
        "FLAGFIVE_REGISTRY__KEY_PASSWORD",
    )
    user: str = Field("", description="user name of basic authentication; empty for none")
    password: SecretStr | None = Field(
        None,
        description="password of that user, only from the environment variable FLAGFIVE_REGISTRY__PASSWORD",
    )
    token: SecretStr | None = Field(
        None,
        description="bearer token, only from the environment variable FLAGFIVE_REGISTRY__TOKEN",
    )
    timeout_s: float = Field(5.0, gt=0, le=60, description="seconds to an answer, over 0 to 60")

    @property
    def urls(self) -> list[str]:
        """The addresses, without a slash at the end."""
        return [one.rstrip("/") for one in self.url.split(",") if one]

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse a set that would connect in another way than its author expects."""
        problems = []
        if self.key_file and not self.certificate_file:
            problems.append("key_file needs certificate_file, the certificate of that key")
        if bool(self.user) != (self.password is not None):
            problems.append(
                "user needs the password in FLAGFIVE_REGISTRY__PASSWORD or the path of its file in "
                "FLAGFIVE_REGISTRY__PASSWORD_FILE, and the password needs user"
            )
        if self.user and self.token is not None:
            problems.append("user and token are two ways to sign in; set one")
        open_to_others = any(
            one.startswith("http://") and not one.startswith(_ON_THIS_MACHINE) for one in self.urls
        )
        if open_to_others and (self.user or self.token is not None):
            problems.append("user and token need https, since others on the network can read them otherwise")
        if problems:
            raise ValueError("; ".join(problems))
        return self
