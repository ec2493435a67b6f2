"""`flagfive evidence`, as a reviewer's contact and a reviewer type it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flagfive.database import migrate_and_seal, open_database
from flagfive.errors import UserError
from flagfive.keys import control_key
from flagfive.main import app
from settings import load_settings
from tests.unit.evidence.stored_models import DETECTOR, fill

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A set-up with an own database and own keys; returns what a command prints."""
    monkeypatch.setenv("FLAGFIVE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)
    for name in ("FLAGFIVE_STORAGE__URL", "FLAGFIVE_CONTROL_KEY", "FLAGFIVE_STORAGE__AUDIT_KEY"):
        monkeypatch.delenv(name, raising=False)
    settings = load_settings()
    engine = open_database(settings)
    migrate_and_seal(engine)
    fill(engine, control_key(settings))
    engine.dispose()

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["evidence", *words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.output

    return run


def test_a_file_is_made_and_checked_on_another_machine_with_the_public_keys_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = run("gift cards").split()
    assert files == [f"evidence/evidence-detector-{DETECTOR}{suffix}" for suffix in (".json", ".html")]
    trusted = shutil.copy(tmp_path / "var" / "keys" / "trusted.json", tmp_path)
    monkeypatch.setenv("FLAGFIVE_VAR", str(tmp_path / "elsewhere"))
    for file in files:
        said = run("verify", file, "--trusted", str(trusted))
        assert "Ed25519" in said
        assert "not checked" in said
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_with_another_figure_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / run("make", f"detector/{DETECTOR}").split()[0]
    file.write_bytes(file.read_bytes().replace(b'"confirmed": 3', b'"confirmed": 4'))
    with pytest.raises(UserError, match="the signature does not fit"):
        run("verify", str(file))


def test_an_unknown_subject_is_an_error_that_lists_what_exists(run: Run) -> None:
    with pytest.raises(
        UserError, match=r"no base, detector, rule or episode 'gift card'; there are: base/base"
    ):
        run("gift card")


def test_the_inventory_is_a_table_or_json(run: Run) -> None:
    assert "gift cards" in run("inventory")
    assert [row["owner"] for row in json.loads(run("inventory", "--json"))] == ["test", "test", "ada", "dan"]
