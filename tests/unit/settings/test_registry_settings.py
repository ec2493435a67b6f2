"""The section [registry] refuses what would connect in another way than its author expects."""

from pathlib import Path

import pytest

from settings import SettingsError, load_settings


def loaded(tmp_path: Path, text: str, **variables: str) -> object:
    file = tmp_path / "flagfive.toml"
    file.write_text(text)
    return load_settings(file, variables)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[transaction]\nformat = "avro"', "needs registry.url"),
        ('[transaction]\nformat = "xml"', "'json', 'avro' or 'protobuf'"),
        ('[registry]\nurl = "https://me:secret@host"', "without user and password"),
        ('[registry]\nurl = "host:8081"', "http:// or https://"),
        ('[registry]\nurl = "https://host"\nuser = "me"', "FLAGFIVE_REGISTRY__PASSWORD"),
        ('[registry]\nurl = "https://host"\nkey_file = "key.pem"', "key_file needs certificate_file"),
        ('[registry]\ntoken = "x"', "only the environment variable FLAGFIVE_REGISTRY__TOKEN"),
    ],
)
def test_a_set_that_does_not_fit_together_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsError, match="(?s)" + why) as refused:
        loaded(tmp_path, text)
    assert "secret@" not in str(refused.value)


def test_a_secret_goes_only_over_https_or_on_this_machine(tmp_path: Path) -> None:
    token = {"FLAGFIVE_REGISTRY__TOKEN": "x"}
    with pytest.raises(SettingsError, match="need https"):
        loaded(tmp_path, '[registry]\nurl = "http://registry:8081"', **token)
    loaded(tmp_path, '[registry]\nurl = "http://127.0.0.1:8081"', **token)
    loaded(tmp_path, '[registry]\nurl = "https://registry:8081"', **token)


def test_secrets_may_come_from_files_and_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("pass-word\n")
    settings = load_settings(
        None,
        {
            "FLAGFIVE_REGISTRY__URL": "https://one,https://two/",
            "FLAGFIVE_REGISTRY__USER": "me",
            "FLAGFIVE_REGISTRY__PASSWORD_FILE": str(tmp_path / "password"),
        },
    )
    assert settings.registry.password is not None
    assert settings.registry.password.get_secret_value() == "pass-word"
    assert settings.registry.urls == ["https://one", "https://two"]
    assert "pass-word" not in repr(settings)


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    settings = loaded(tmp_path, '[registry]\nurl = "https://host"\nca_file = "ca.pem"')
    assert settings.registry.ca_file == str(tmp_path / "ca.pem")  # type: ignore[attr-defined]
