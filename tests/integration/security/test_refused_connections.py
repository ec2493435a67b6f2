"""Each cause for which a secured broker refuses a connection has a message of its own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from flagfive.broker_diagnosis import cause_of_failure
from flagfive.cluster import BrokerRefuses, administrator, answers
from flagfive.main import app
from settings import BrokerSettings
from tests.certificates import Authority
from tests.secure_broker import HOST, SecureBroker

USER = "no-rights"
WRONG = "a-wrong-password"


def token(subject: str) -> str:
    """Return an unsigned token; the test's broker accepts it, a real one must not."""
    now = time.time()
    parts = ({"alg": "none"}, {"sub": subject, "iat": now, "exp": now + 600})
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
    return ".".join([*coded, ""])


def with_token(secured: SecureBroker, folder: Path, text: str) -> BrokerSettings:
    file = folder / "token"
    file.write_text(text)
    return secured.scram("", sasl_mechanism="OAUTHBEARER", oauth_token_file=str(file))


def test_every_kind_of_user_connects(secured: SecureBroker, tmp_path: Path) -> None:
    mutual = secured.certificate(secured.authority.issue("someone"))
    locked = secured.authority.issue("locked", password=WRONG)
    for broker in (
        secured.scram(USER),
        secured.scram("plain", sasl_mechanism="PLAIN"),
        with_token(secured, tmp_path, token("someone")),
        mutual,
        secured.certificate(locked, key_password=SecretStr(WRONG)),
        secured.plaintext,
    ):
        assert answers(broker), broker
        assert cause_of_failure(broker) == ""


Connection = Callable[[SecureBroker, Path], BrokerSettings]
CAUSES: dict[str, tuple[Connection, str]] = {
    "wrong password": (
        lambda secured, _: secured.scram(USER, password=SecretStr(WRONG)),
        "user no-rights or the password is wrong (SCRAM-SHA-512)",
    ),
    "wrong user": (lambda secured, _: secured.scram("ghost"), "user ghost or the password is wrong"),
    "wrong token": (
        lambda secured, folder: with_token(secured, folder, "nonsense"),
        "it does not accept the token",
    ),
    "authority unknown to us": (
        lambda secured, folder: secured.scram(USER, ca_file=str(Authority(folder, "other").certificate)),
        "other.pem (unable to get local issuer certificate). Set broker.ca_file",
    ),
    "not signed by a public authority": (
        lambda secured, _: secured.scram(USER, ca_file=""),
        "not trusted by the authorities of this system",
    ),
    "other host name": (
        lambda secured, _: secured.scram(USER, bootstrap=f"localhost:{secured.sasl}"),
        "its certificate is for another host name than localhost",
    ),
    "no client certificate": (
        lambda secured, _: secured.certificate(None),
        "it asks for a client certificate",
    ),
    "client certificate of another authority": (
        lambda secured, folder: secured.certificate(Authority(folder, "other").issue("stranger")),
        "it does not accept the certificate in",
    ),
    "TLS to a plaintext port": (
        lambda secured, _: secured.scram(USER, bootstrap=f"{HOST}:{secured.plain}"),
        "does not speak TLS, but broker.security_protocol is SASL_SSL",
    ),
    "plaintext to a TLS port": (
        lambda secured, _: BrokerSettings(bootstrap=f"{HOST}:{secured.sasl}"),
        "speaks TLS. Set broker.security_protocol to SSL or SASL_SSL",
    ),
    "TLS without SASL": (
        lambda secured, _: secured.certificate(None, bootstrap=f"{HOST}:{secured.sasl}"),
        "The port probably expects SASL: set broker.security_protocol to SASL_SSL",
    ),
    "SASL to a port without it": (
        lambda secured, _: secured.scram(
            USER, bootstrap=f"{HOST}:{secured.plain}", security_protocol="SASL_PLAINTEXT", ca_file=""
        ),
        "it does not offer SCRAM-SHA-512 on this port",
    ),
}


@pytest.mark.parametrize("case", CAUSES)
def test_a_refused_connection_names_its_cause_and_remedy(
    secured: SecureBroker, tmp_path: Path, case: str
) -> None:
    connection, expected = CAUSES[case]
    told = cause_of_failure(connection(secured, tmp_path))
    assert expected in told
    assert WRONG not in told


def test_a_client_that_cannot_connect_raises_the_cause(secured: SecureBroker) -> None:
    with pytest.raises(BrokerRefuses, match="the password is wrong"), administrator(secured.scram("ghost")):
        pass


def test_doctor_shows_the_cause_and_never_the_password(
    secured: SecureBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "flagfive.toml"
    file.write_text(
        f'var = "{tmp_path}"\n[broker]\nbootstrap = "{HOST}:{secured.sasl}"\nsecurity_protocol = "SASL_SSL"\n'
        f'ca_file = "{secured.authority.certificate}"\nsasl_mechanism = "SCRAM-SHA-512"\nuser = "{USER}"\n'
    )

    def doctor(password: str, *options: str) -> str:
        monkeypatch.setenv("FLAGFIVE_BROKER__PASSWORD", password)
        told = CliRunner().invoke(app, ["--config", str(file), "doctor", *options]).output
        assert password not in told
        return told

    assert "missing  broker: the broker at" in doctor(WRONG)
    told = doctor(secured.password, "--process", "worker")
    assert f"ok       broker: 1 at {HOST}:{secured.sasl}, SASL_SSL SCRAM-SHA-512 as {USER}" in told
    assert "missing  rights of the worker: READ on topic transactions" in told
    assert "WRITE on transactional-id flagfive-*" in told
    assert "READ on group flagfive" in told
    assert "`flagfive acls worker` prints the commands" in told
