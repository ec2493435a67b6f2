"""The connection parameters that every Kafka client takes from the section [broker]."""

from __future__ import annotations

import asyncio
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from contracts.broker import aiokafka_options, kafka_python_options, token_source
from contracts.broker_tls import TlsFileUnusable, tls_context
from contracts.broker_token import TokenUnavailable
from settings import BrokerSettings
from stream.transport.credentials import faust_credentials
from tests.certificates import Authority
from tests.waiting import until

SECRET = "hunter2-of-the-broker"


def oauth(url: str) -> BrokerSettings:
    return BrokerSettings(
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="OAUTHBEARER",
        oauth_token_url=url,
        oauth_client="scorer",
        oauth_secret=SecretStr(SECRET),
        oauth_scope="kafka",
    )


@contextmanager
def token_endpoint(*, status: int = 200, lifetime_s: int = 300) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve tokens `token-1`, `token-2` ... on loopback; yield the address and the requests so far."""
    asked: list[dict[str, Any]] = []

    class Endpoint(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked.append({**parse_qs(body), "authorization": self.headers["Authorization"]})
            answer = {"access_token": f"token-{len(asked)}", "expires_in": lifetime_s, "token_type": "Bearer"}
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer if status == 200 else {"error": "invalid_client"}).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/token", asked
    finally:
        server.shutdown()
        server.server_close()


def test_plaintext_needs_no_more_than_an_address() -> None:
    broker = BrokerSettings(bootstrap="a:1,b:2")
    expected = {"bootstrap_servers": ["a:1", "b:2"], "security_protocol": "PLAINTEXT"}
    assert aiokafka_options(broker) == kafka_python_options(broker) == expected
    assert faust_credentials(broker) is None


def test_scram_over_tls_reaches_both_libraries_and_faust(tmp_path: Path) -> None:
    broker = BrokerSettings(
        security_protocol="SASL_SSL",
        ca_file=str(Authority(tmp_path).certificate),
        sasl_mechanism="SCRAM-SHA-512",
        user="worker",
        password=SecretStr(SECRET),
    )
    for options in (aiokafka_options(broker), kafka_python_options(broker)):
        assert options["sasl_mechanism"] == "SCRAM-SHA-512"
        assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("worker", SECRET)
        context = options["ssl_context"]
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    credentials: Any = faust_credentials(broker)
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-512")
    assert SECRET not in repr(credentials) + repr(broker)


def test_a_token_is_asked_for_once_and_again_when_it_is_nearly_used_up() -> None:
    with token_endpoint() as (url, asked):
        provider = kafka_python_options(oauth(url))["sasl_oauth_token_provider"]
        assert [provider.token(), provider.token()] == ["token-1", "token-1"]
        assert asked[0]["grant_type"] == ["client_credentials"]
        assert asked[0]["scope"] == ["kafka"]
        other = aiokafka_options(oauth(url))["sasl_oauth_token_provider"]
        assert asyncio.run(other.token()) == "token-2"


def test_a_token_that_has_run_out_is_asked_for_again() -> None:
    with token_endpoint(lifetime_s=1) as (url, asked):
        source = token_source(oauth(url))
        assert source.token() == "token-1"
        until(lambda: source.token() == "token-2", what="another token", within_s=5)
        assert len(asked) == 2


def test_a_refusing_token_endpoint_is_named_without_the_secret() -> None:
    with token_endpoint(status=401) as (url, _), pytest.raises(TokenUnavailable) as caught:
        token_source(oauth(url)).token()
    told = str(caught.value)
    assert url in told
    assert "scorer" in told
    assert "status 401" in told
    assert SECRET not in told + repr(token_source(oauth(url)))


def test_a_token_file_is_read_again_for_each_connection(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    broker = BrokerSettings(
        security_protocol="SASL_PLAINTEXT", sasl_mechanism="OAUTHBEARER", oauth_token_file=str(file)
    )
    source = token_source(broker)
    assert source.token() == "first"
    file.write_text("second\n")
    assert source.token() == "second"
    file.write_text("")
    with pytest.raises(TokenUnavailable, match="is empty"):
        source.token()


def test_a_file_that_is_missing_or_not_pem_is_named(tmp_path: Path) -> None:
    store = tmp_path / "truststore.jks"
    store.write_bytes(b"\xfe\xed\xfe\xed\x00\x00\x00\x02")
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n")
    for file, told in (
        (tmp_path / "absent.pem", "cannot be read: No such file"),
        (store, "is not PEM"),
        (broken, "holds no usable certificate"),
    ):
        with pytest.raises(TlsFileUnusable, match=f"broker.ca_file: .*{file.name} {told}"):
            tls_context(str(file), "", "", None)


def test_a_key_that_does_not_open_or_does_not_fit_is_named(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    locked, other = authority.issue("locked", password=SECRET), authority.issue("other")
    certificate, key = str(locked.certificate), str(locked.key)
    tls_context("", certificate, key, SECRET)
    with pytest.raises(TlsFileUnusable, match="FLAGFIVE_BROKER__KEY_PASSWORD is not set"):
        tls_context("", certificate, key, None)
    with pytest.raises(TlsFileUnusable, match="does not open it"):
        tls_context("", certificate, key, "wrong")
    with pytest.raises(TlsFileUnusable, match="does not hold the private key of the certificate"):
        tls_context("", certificate, str(other.key), None)
