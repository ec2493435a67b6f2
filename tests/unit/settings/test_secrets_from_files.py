"""Secrets from mounted files: a variable names the file that contains the value."""

from pathlib import Path

import pytest

from settings import SettingsError, load_settings

KEY = "a signing key of a test"


def loaded(folder: Path, environment: dict[str, str]) -> str | None:
    file = folder / "flagfive.toml"
    file.write_text("")
    key = load_settings(file, environment).control.key
    return key.get_secret_value() if key else None


def test_a_secret_comes_from_the_file_that_its_variable_names(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    assert loaded(tmp_path, {"FLAGFIVE_CONTROL_KEY_FILE": str(tmp_path / "key")}) == KEY


def test_a_value_of_its_own_is_above_the_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("another key of this test")
    both = {"FLAGFIVE_CONTROL_KEY": KEY, "FLAGFIVE_CONTROL_KEY_FILE": str(tmp_path / "key")}
    assert loaded(tmp_path, both) == KEY


def test_any_key_may_come_from_a_file(tmp_path: Path) -> None:
    url = "postgresql+psycopg://flagfive:secret@postgres/flagfive"
    (tmp_path / "url").write_text(url)
    (tmp_path / "flagfive.toml").write_text("")
    settings = load_settings(
        tmp_path / "flagfive.toml", {"FLAGFIVE_STORAGE__URL_FILE": str(tmp_path / "url")}
    )
    assert settings.storage.url == url


def test_a_file_that_is_not_there_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        loaded(tmp_path, {"FLAGFIVE_CONTROL_KEY_FILE": str(tmp_path / "nowhere")})
    assert "nowhere" in str(raised.value)
    assert "FLAGFIVE_CONTROL_KEY_FILE" in str(raised.value)
