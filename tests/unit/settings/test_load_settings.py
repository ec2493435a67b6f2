"""The configuration for users: defaults, overrides, and errors that explain the fix."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from settings import Settings, SettingsError, load_settings

CLONE = Path(__file__).resolve().parents[3]
SIGNING_KEY = "a signing key that stays secret"


def written(folder: Path, text: str) -> Path:
    file = folder / "flagfive.toml"
    file.write_text(text)
    return file


def problems(file: Path, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as raised:
        load_settings(file, environment or {})
    return str(raised.value)


def test_the_shipped_file_states_the_defaults() -> None:
    shipped = load_settings(CLONE / "flagfive.toml", {})
    assert shipped.model_copy(update={"var": Path("var"), "storage": Settings().storage}) == Settings()
    assert shipped.storage.url == f"sqlite:///{CLONE}/var/flagfive.sqlite"


def test_the_shipped_file_shows_every_key() -> None:
    shown = tomllib.loads((CLONE / "flagfive.toml").read_text())
    secret: dict[str, Any] = {
        "var": True,
        "entities": True,
        "control": True,
        "stream": {"key"},
        "console": {"oidc_secret", "secret"},
        "decisions": {"key_password"},
        "storage": {"audit_key"},
        "broker": {"password", "key_password", "oauth_secret"},
        "registry": {"password", "key_password", "token"},
        "webhooks": {"secret"},
    }
    for name, section in Settings().model_dump(exclude=secret).items():
        assert set(shown[name]) == set(section)


def test_the_bound_that_the_decision_policy_replaced_is_refused_with_what_to_do(tmp_path: Path) -> None:
    told = problems(written(tmp_path, "[decisions]\ndecline_surprise = 4.5\n"))
    assert "decline_from: 4.5" in told
    assert "flagfive policy set FILE" in told
    of_the_environment = problems(written(tmp_path, ""), {"FLAGFIVE_DECISIONS__DECLINE_SURPRISE": "3"})
    assert "decline_from: 3" in of_the_environment
    unset = load_settings(written(tmp_path, "[decisions]\ndecline_surprise = 0\nport = 8099\n"), {})
    assert unset.decisions.port == 8099


def test_environment_overrides_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, "[budget]\nalert_rate = 0.01\n[topics]\npartitions = 2\n")
    settings = load_settings(file, {"FLAGFIVE_BUDGET__ALERT_RATE": "0.02", "FLAGFIVE_BROKER": "kafka:9092"})
    assert (settings.budget.alert_rate, settings.topics.partitions) == (0.02, 2)
    assert settings.broker.bootstrap == "kafka:9092"


def test_entities_come_from_the_environment_as_json(tmp_path: Path) -> None:
    settings = load_settings(
        written(tmp_path, ""), {"FLAGFIVE_ENTITIES": '[{"name": "device", "field": "dev"}]'}
    )
    assert settings.primary.name == "device"


def test_endpoints_of_webhooks_come_from_a_variable_as_json(tmp_path: Path) -> None:
    endpoints = '[{"name": "desk", "url": "http://127.0.0.1:9/", "events": ["alerts"]}]'
    settings = load_settings(written(tmp_path, ""), {"FLAGFIVE_WEBHOOKS__ENDPOINTS": endpoints})
    assert settings.webhooks.names("alerts") == ("desk",)


def test_variables_of_the_run_script_are_not_settings(tmp_path: Path) -> None:
    load_settings(written(tmp_path, ""), {"FLAGFIVE_CACHE": "/somewhere", "FLAGFIVE_INDEX": "mirror"})


def test_relative_paths_count_from_the_file(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, 'var = "here"\n[storage]\nurl = "sqlite:///x.sqlite"\n'), {})
    assert settings.var == tmp_path / "here"
    assert settings.storage.url == f"sqlite:///{tmp_path}/here/x.sqlite"


def test_every_problem_is_told_at_once_with_key_value_allowed_and_origin(tmp_path: Path) -> None:
    file = written(tmp_path, '[budget]\nalert_rate = 7\n[stream]\ndelivery = "twice"\n')
    told = problems(file, {"FLAGFIVE_TOPICS__PARTITIONS": "0"})
    assert "3 problems" in told
    assert "budget.alert_rate = 7 (flagfive.toml)" in told
    assert "over 0 to 0.5" in told
    assert "'exactly_once' or 'at_least_once'" in told
    assert "topics.partitions = '0' (environment variable FLAGFIVE_TOPICS__PARTITIONS)" in told


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[budget]\nalert_rte = 0.1", "budget.alert_rte = 0.1 (flagfive.toml): unknown key, did you mean"),
        ("[bugdet]\nalert_rate = 0.1", "did you mean budget?"),
        ('[[entities]]\nname = "card"', "entities.0.field = (missing)"),
        ('[broker]\nbootstrap = "kafka"', "host:port of the Kafka cluster"),
        ("[transaction]\nlatest = 1990-01-01T00:00:00Z", "must be before latest"),
        ("[transaction]\nlatest = 1990-01-01", "with time zone"),
        ("entities = []", "1 to 8 entities"),
        (
            '[[entities]]\nname="a"\nfield="x"\n[[entities]]\nname="a"\nfield="y"',
            "two entities have the same",
        ),
        ("[budget\n", "a readable TOML file"),
    ],
)
def test_a_wrong_file_says_what_is_allowed(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problems(written(tmp_path, text))


def test_a_misspelt_section_in_the_environment_is_an_error(tmp_path: Path) -> None:
    told = problems(written(tmp_path, ""), {"FLAGFIVE_BUGDET__ALERT_RATE": "0.1"})
    assert "environment variable FLAGFIVE_BUGDET__ALERT_RATE" in told


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert "absent.toml" in problems(tmp_path / "absent.toml")


def test_a_signing_key_in_the_file_is_refused_and_not_shown(tmp_path: Path) -> None:
    told = problems(written(tmp_path, f'[control]\nkey = "{SIGNING_KEY}"'))
    assert "FLAGFIVE_CONTROL_KEY" in told
    assert SIGNING_KEY not in told


@pytest.mark.parametrize(
    "text", ['[storage]\nurl = "mysql://me:hunter2@x/y"', 'storage = "mysql://me:hunter2@x/y"']
)
def test_a_refused_database_address_does_not_show_its_password(tmp_path: Path, text: str) -> None:
    assert "hunter2" not in problems(written(tmp_path, text))


def test_secrets_do_not_show_when_settings_are_printed(tmp_path: Path) -> None:
    environment = {
        "FLAGFIVE_CONTROL_KEY": SIGNING_KEY,
        "FLAGFIVE_STORAGE__URL": "postgresql+psycopg://me:hunter2@x/y",
    }
    settings = load_settings(written(tmp_path, ""), environment)
    assert settings.control.key is not None
    assert settings.control.key.get_secret_value() == SIGNING_KEY
    assert SIGNING_KEY not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().budget.alert_rate = 0.5  # type: ignore[misc]


def test_prefixed_topics_share_no_name_with_the_originals() -> None:
    topics = Settings().topics
    ours = topics.prefixed("x-")
    assert ours.stage_topic("merchant") == "x-hop-merchant"
    assert ours.checkpoint_topic("card") == "x-checkpoint-card"
    assert ours.partitions == topics.partitions
    names = {value for _, value in topics if isinstance(value, str)}
    assert names.isdisjoint(value for _, value in ours)
