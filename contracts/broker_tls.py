"""The TLS context of clients of Kafka and of the schema registry, with errors that name the file at fault."""

from __future__ import annotations

import ssl
from pathlib import Path

PEM_BEGIN = "-----BEGIN "


class TlsFileUnusable(Exception):
    """A certificate or key file of the settings cannot be used."""


def tls_context(
    ca_file: str, certificate_file: str, key_file: str, key_password: str | None, *, section: str = "broker"
) -> ssl.SSLContext:
    """Return a client context of TLS 1.2 or newer that checks the certificate and the host name.

    Args:
        ca_file: PEM file of the certificate authorities to trust; "" trusts those of the system.
        certificate_file: PEM file of the client's certificate and its chain; "" for none.
        key_file: PEM file of the client's private key; "" if `certificate_file` holds it too.
        key_password: password of an encrypted private key, None if it has none.
        section: the section of the settings that names the files.

    Returns:
        The context.

    Raises:
        TlsFileUnusable: a file is missing or is not PEM, or key, certificate and password do not match.
    """
    context = ssl.create_default_context(cafile=_pem(section, "ca_file", ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate_file:
        _load_client(context, section, certificate_file, key_file, key_password)
    return context


def _load_client(
    context: ssl.SSLContext, section: str, certificate_file: str, key_file: str, password: str | None
) -> None:
    certificate, key = (
        _pem(section, "certificate_file", certificate_file),
        _pem(section, "key_file", key_file),
    )
    asked = False

    def give() -> str:
        # Without this function OpenSSL would ask on the terminal and block the process.
        nonlocal asked
        asked = True
        return password or ""

    try:
        context.load_cert_chain(certificate or "", key, give)
    except (ssl.SSLError, OSError, ValueError) as error:
        place = key_file or certificate_file
        if asked:
            raise TlsFileUnusable(
                f"{section}.key_file: {place} is encrypted, and the password in "
                f"FLAGFIVE_{section.upper()}__KEY_PASSWORD "
                + ("does not open it" if password else "is not set")
            ) from None
        reason = getattr(error, "reason", None) or str(error)
        raise TlsFileUnusable(
            f"{section}.key_file: {place} does not hold the private key of the certificate in "
            f"{certificate_file} ({reason})"
        ) from None


def _pem(section: str, key: str, path: str) -> str | None:
    """Return the path of a file that holds PEM, None for "". Raises TlsFileUnusable."""
    if not path:
        return None
    try:
        text = Path(path).read_text("utf-8", errors="replace")
    except OSError as error:
        raise TlsFileUnusable(f"{section}.{key}: {path} cannot be read: {error.strerror}") from None
    if PEM_BEGIN not in text:
        raise TlsFileUnusable(
            f"{section}.{key}: {path} is not PEM (no line starts with {PEM_BEGIN.strip()}). Convert a Java "
            "keystore with `keytool -exportcert -rfc`, DER with `openssl x509 -inform der`"
        )
    if key == "ca_file":
        _check_authorities(section, path)
    return path


def _check_authorities(section: str, path: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise TlsFileUnusable(f"{section}.ca_file: {path} holds no usable certificate ({reason})") from None
