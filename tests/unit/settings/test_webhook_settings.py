"""The section [webhooks] refuses what others could read, and hides addresses and secrets."""

from pathlib import Path

import pytest

from settings import SettingsError, load_settings


def loaded(tmp_path: Path, text: str, **variables: str) -> object:
    file = tmp_path / "flagfive.toml"
    file.write_text(text)
    return load_settings(file, variables)


def endpoint(**fields: str) -> str:
    lines = {"name": '"tickets"', "url": '"https://desk.example/in/t0ken"'} | fields
    return "[[webhooks.endpoints]]\n" + "".join(f"{name} = {value}\n" for name, value in lines.items())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (endpoint(url='"http://desk.example/in/t0ken"'), "must begin with https://"),
        (endpoint(url='"https://me:t0ken@desk.example"'), "without user and password"),
        (endpoint(url='"ftp://desk.example/t0ken"'), "https://"),
        (endpoint(name='"Tickets!"'), "1 to 31"),
        (endpoint(events='["payments"]'), "alerts"),
        (endpoint() + endpoint(), "same name"),
        ('[webhooks]\nsecret = "t0ken-of-24-characters-or-more"', "FLAGFIVE_WEBHOOKS__SECRET"),
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_without_its_address(
    tmp_path: Path, text: str, why: str
) -> None:
    with pytest.raises(SettingsError, match="(?s)" + why) as refused:
        loaded(tmp_path, text)
    assert "t0ken" not in str(refused.value)


def test_endpoints_of_this_machine_may_use_http(tmp_path: Path) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        loaded(tmp_path, endpoint(url=f'"http://{host}:8000/"'))


def test_neither_address_nor_secret_is_shown(tmp_path: Path) -> None:
    secret = {"FLAGFIVE_WEBHOOKS__SECRET": "t0ken-of-24-characters-or-more"}
    assert "t0ken" not in repr(loaded(tmp_path, endpoint(), **secret))
