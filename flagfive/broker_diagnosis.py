"""Finds out why a broker that listens refuses a connection, and words the cause and its remedy.

The client libraries report most causes as «connection closed» only. A handshake of our own, with nothing sent
after it, shows what the port expects.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import (
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from contracts.broker import OAUTH, SASL, TLS, Broker, aiokafka_options, broker_tls
from contracts.broker_token import TokenUnavailable

TIMEOUT_S, TIMEOUT_MS = 3.0, 3_000
# A broker that asks for a client certificate closes a connection of TLS 1.3 only after the handshake.
REFUSAL_S = 1.0
# Verification errors of OpenSSL (x509_vfy.h).
_EXPIRED, _NOT_YET_VALID = 10, 9
_OTHER_NAME, _OTHER_ADDRESS = 62, 64
_PLAINTEXT_SIGNS = ("WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE")


def cause_of_failure(broker: Broker) -> str:
    """Connect once to each address, step by step, and return the first cause of a failure.

    Args:
        broker: the cluster and how the client tried to connect.

    Returns:
        The cause with its remedy; "" if neither TLS nor SASL explains the failure.
    """
    for address in broker.bootstrap.split(","):
        host, port = address.rsplit(":", 1)
        tls = broker.security_protocol in TLS
        cause = _tls_cause(broker, host, int(port)) if tls else _plain_cause(host, int(port))
        if cause := cause or _sasl_cause(broker, host, int(port)):
            return cause
    return ""


def _tls_cause(broker: Broker, host: str, port: int) -> str:
    """Make the TLS handshake of the client, and word its failure."""
    context = broker_tls(broker)
    try:
        with (
            socket.create_connection((host, port), TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as secured,
        ):
            secured.settimeout(REFUSAL_S)
            secured.recv(1)
    except TimeoutError:
        return ""  # the broker waits for a request, as it should
    except ssl.SSLCertVerificationError as error:
        return _certificate_cause(broker, host, error)
    except ssl.SSLError as error:
        return _handshake_cause(broker, host, port, error)
    except OSError:
        return _speaks_no_tls(broker, host, port)
    return ""


def _certificate_cause(broker: Broker, host: str, error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in (_OTHER_NAME, _OTHER_ADDRESS):
        return (
            f"its certificate is for another host name than {host} ({error.verify_message}). Use a name of "
            "the certificate in broker.bootstrap, or issue a certificate with this name as "
            "subject alternative name"
        )
    if error.verify_code in (_EXPIRED, _NOT_YET_VALID):
        return f"its certificate is not valid now ({error.verify_message}). Renew it, or check the clock"
    trusted = broker.ca_file or "the authorities of this system"
    return (
        f"its certificate is not trusted by {trusted} ({error.verify_message}). Set broker.ca_file to the "
        "PEM file of the authority that signed it"
    )


def _handshake_cause(broker: Broker, host: str, port: int, error: ssl.SSLError) -> str:
    reason = error.reason or ""
    if "ALERT" in reason or "CERTIFICATE" in reason:
        if broker.certificate_file:
            return (
                f"it does not accept the certificate in {broker.certificate_file} ({reason}). Use one that "
                "is valid now and signed by an authority that the broker trusts"
            )
        return (
            f"it asks for a client certificate ({reason}). Set broker.certificate_file and broker.key_file, "
            "or use a port without client authentication"
        )
    if any(sign in reason for sign in _PLAINTEXT_SIGNS):
        return _speaks_no_tls(broker, host, port)
    return f"the TLS handshake failed ({reason or error})"


def _speaks_no_tls(broker: Broker, host: str, port: int) -> str:
    other = "SASL_PLAINTEXT" if broker.security_protocol in SASL else "PLAINTEXT"
    return (
        f"port {port} of {host} does not speak TLS, but broker.security_protocol is "
        f"{broker.security_protocol}. Use the port of the TLS listener, or set security_protocol to {other}"
    )


def _plain_cause(host: str, port: int) -> str:
    """Try a TLS handshake that trusts everything; nothing is sent over it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            pass
    except OSError:
        return ""
    return (
        f"port {port} of {host} speaks TLS. Set broker.security_protocol to SSL or SASL_SSL, or use the port "
        "of a plaintext listener"
    )


def _sasl_cause(broker: Broker, host: str, port: int) -> str:
    """Connect as a client does, with SASL, and word what the broker answers."""
    # In a thread of its own, since the caller may run in an event loop.
    with ThreadPoolExecutor(1) as thread:
        error = thread.submit(asyncio.run, _connect(broker, host, port)).result()
    number = getattr(error, "errno", None)
    if error is None:
        return ""
    if isinstance(error, TokenUnavailable):
        return str(error)
    if number == SaslAuthenticationFailed.errno:
        return _refused_identity(broker)
    if number in (UnsupportedSaslMechanismError.errno, IllegalSaslStateError.errno):
        return (
            f"it does not offer {broker.sasl_mechanism} on this port. Set broker.sasl_mechanism to one of "
            "sasl.enabled.mechanisms of the broker, or use the port of its SASL listener"
        )
    if broker.security_protocol in SASL:
        return ""
    other = "SASL_SSL" if broker.security_protocol in TLS else "SASL_PLAINTEXT"
    return (
        f"it closes connections of {broker.security_protocol}. The port probably expects SASL: set "
        f"broker.security_protocol to {other}, with sasl_mechanism, user and password"
    )


async def _connect(broker: Broker, host: str, port: int) -> Exception | None:
    options = aiokafka_options(broker)
    del options["bootstrap_servers"]
    connection = AIOKafkaConnection(host, port, request_timeout_ms=TIMEOUT_MS, **options)
    try:
        await connection.connect()
        # A listener without SASL answers the first request; one with SASL closes the connection then.
        answer = await connection.send(MetadataRequest([]))
        # aiokafka takes the refusal of a token for the end of SASL; the broker then answers nothing of use.
        if broker.sasl_mechanism == OAUTH and not answer.brokers:
            raise SaslAuthenticationFailed()
    except (KafkaError, TokenUnavailable, OSError, TimeoutError) as error:
        return error
    finally:
        if (closed := connection.close()) is not None:
            await asyncio.wait([closed], timeout=TIMEOUT_S)
    return None


def _refused_identity(broker: Broker) -> str:
    if broker.sasl_mechanism == OAUTH:
        return "it does not accept the token. Check issuer, audience and lifetime that the broker expects"
    return (
        f"user {broker.user} or the password is wrong ({broker.sasl_mechanism}). Check broker.user and "
        "FLAGFIVE_BROKER__PASSWORD, and that the user has credentials for this mechanism"
    )
