"""The section [broker]: how the connection to the cluster is described and checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import Settings, SettingsError, load_settings
from settings.variables import variables_of

PASSWORD = "hunter2-of-the-broker"
SCRAM = '[broker]\nsecurity_protocol = "SASL_SSL"\nsasl_mechanism = "SCRAM-SHA-512"\nuser = "worker"\n'


def loaded(folder: Path, text: str, **environment: str) -> Settings:
    file = folder / "flagfive.toml"
    file.write_text(text)
    return load_settings(file, environment)


def refusal(folder: Path, text: str, **environment: str) -> str:
    with pytest.raises(SettingsError) as caught:
        loaded(folder, text, **environment)
    return str(caught.value)


def test_a_password_comes_from_the_environment_or_from_a_file_and_is_never_printed(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    for variable, value in (("PASSWORD", PASSWORD), ("PASSWORD_FILE", str(file))):
        settings = loaded(tmp_path, SCRAM, **{f"FLAGFIVE_BROKER__{variable}": value})
        assert settings.broker.password is not None
        assert settings.broker.password.get_secret_value() == PASSWORD
        assert PASSWORD not in repr(settings) + str(settings.model_dump(mode="json"))


@pytest.mark.parametrize("key", ["password", "key_password", "oauth_secret"])
def test_a_secret_in_the_settings_file_is_refused_and_not_shown(tmp_path: Path, key: str) -> None:
    told = refusal(tmp_path, f'[broker]\n{key} = "{PASSWORD}"')
    assert f"FLAGFIVE_BROKER__{key.upper()}" in told
    assert PASSWORD not in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('security_protocol = "TLS"', "'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
        ('security_protocol = "SASL_SSL"', "security_protocol SASL_SSL needs sasl_mechanism"),
        ('sasl_mechanism = "PLAIN"', "sasl_mechanism needs security_protocol SASL_SSL or SASL_PLAINTEXT"),
        ('ca_file = "ca.pem"', "ca_file need security_protocol SSL or SASL_SSL; it is PLAINTEXT"),
        ('security_protocol = "SSL"\nkey_file = "k.pem"', "key_file needs certificate_file"),
        (SCRAM.removeprefix("[broker]\n"), "FLAGFIVE_BROKER__PASSWORD_FILE"),
        ('security_protocol = "SASL_SSL"\nsasl_mechanism = "OAUTHBEARER"', "either oauth_token_file, or"),
        ('oauth_token_url = "https://me:secret@id.example/token"', "token endpoint of OAUTHBEARER"),
        ('oauth_token_url = "http://id.example/token"', "token endpoint of OAUTHBEARER"),
    ],
)
def test_a_connection_that_cannot_work_is_refused_with_what_is_missing(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in refusal(tmp_path, f"[broker]\n{text}\n")


def test_a_key_that_names_a_file_takes_a_path_also_from_the_environment(tmp_path: Path) -> None:
    environment = {"FLAGFIVE_BROKER__SECURITY_PROTOCOL": "SSL", "FLAGFIVE_BROKER__CA_FILE": "/etc/ca.pem"}
    assert loaded(tmp_path, "", **environment).broker.ca_file == "/etc/ca.pem"


def test_relative_files_start_at_the_settings_file(tmp_path: Path) -> None:
    settings = loaded(tmp_path, '[broker]\nsecurity_protocol = "SSL"\nca_file = "certificates/ca.pem"\n')
    assert settings.broker.ca_file == str(tmp_path / "certificates" / "ca.pem")


def test_a_child_process_gets_the_same_connection_with_its_secrets(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SCRAM, FLAGFIVE_BROKER__PASSWORD=PASSWORD)
    assert loaded(tmp_path, "", **variables_of(settings, ("broker",))).broker == settings.broker
