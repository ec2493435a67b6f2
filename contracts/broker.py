"""The parameters of every Kafka client: address, TLS and SASL, for both client libraries.

All clients of flagfive take their connection from here, so that none of them can talk to a secured cluster
in another way than the others.
"""

from __future__ import annotations

from typing import Any, Protocol

from contracts.broker_tls import tls_context
from contracts.broker_token import AiokafkaTokens, KafkaPythonTokens, TokenSource

TLS = ("SSL", "SASL_SSL")
SASL = ("SASL_PLAINTEXT", "SASL_SSL")
OAUTH = "OAUTHBEARER"


class Secret(Protocol):
    """A value that prints as stars; pydantic's SecretStr is one."""

    def get_secret_value(self) -> str: ...


class Broker(Protocol):
    """The cluster and how to connect to it; `settings.BrokerSettings` is one and describes the fields."""

    @property
    def bootstrap(self) -> str: ...
    @property
    def security_protocol(self) -> str: ...
    @property
    def ca_file(self) -> str: ...
    @property
    def certificate_file(self) -> str: ...
    @property
    def key_file(self) -> str: ...
    @property
    def key_password(self) -> Secret | None: ...
    @property
    def sasl_mechanism(self) -> str: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> Secret | None: ...
    @property
    def oauth_token_url(self) -> str: ...
    @property
    def oauth_client(self) -> str: ...
    @property
    def oauth_secret(self) -> Secret | None: ...
    @property
    def oauth_scope(self) -> str: ...
    @property
    def oauth_token_file(self) -> str: ...


def aiokafka_options(broker: Broker) -> dict[str, Any]:
    """Return the connection parameters of a client of aiokafka.

    The certificate files are read now, so a new client uses a renewed certificate.

    Args:
        broker: the cluster and how to connect to it.

    Returns:
        Keyword arguments for any aiokafka client; they hold secrets and must not be printed.

    Raises:
        TlsFileUnusable: a certificate or key file cannot be used.
    """
    return _options(broker, AiokafkaTokens)


def kafka_python_options(broker: Broker) -> dict[str, Any]:
    """Return the connection parameters of a client of kafka-python, like `aiokafka_options`.

    Args:
        broker: the cluster and how to connect to it.

    Returns:
        Keyword arguments for any kafka-python client; they hold secrets and must not be printed.

    Raises:
        TlsFileUnusable: a certificate or key file cannot be used.
    """
    return _options(broker, KafkaPythonTokens)


def broker_tls(broker: Broker) -> Any:
    """Return the TLS context of the connection, None without TLS.

    Raises:
        TlsFileUnusable: a certificate or key file cannot be used.
    """
    if broker.security_protocol not in TLS:
        return None
    password = broker.key_password.get_secret_value() if broker.key_password else None
    return tls_context(broker.ca_file, broker.certificate_file, broker.key_file, password)


def token_source(broker: Broker) -> TokenSource:
    """Return where the tokens of OAUTHBEARER come from."""
    return TokenSource(
        url=broker.oauth_token_url,
        client=broker.oauth_client,
        secret=broker.oauth_secret.get_secret_value() if broker.oauth_secret else "",
        scope=broker.oauth_scope,
        file=broker.oauth_token_file,
        ca_file=broker.ca_file,
    )


def _options(broker: Broker, tokens: type[Any]) -> dict[str, Any]:
    options: dict[str, Any] = {
        "bootstrap_servers": broker.bootstrap.split(","),
        "security_protocol": broker.security_protocol,
    }
    if (context := broker_tls(broker)) is not None:
        options["ssl_context"] = context
    if broker.security_protocol in SASL:
        options["sasl_mechanism"] = broker.sasl_mechanism
        if broker.sasl_mechanism == OAUTH:
            options["sasl_oauth_token_provider"] = tokens(token_source(broker))
        elif broker.password is not None:
            options["sasl_plain_username"] = broker.user
            options["sasl_plain_password"] = broker.password.get_secret_value()
    return options
