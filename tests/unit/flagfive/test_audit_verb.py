"""`flagfive audit`: anchors in a file reveal a log that was cut off or rewritten, also by who has the key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from flagfive.database import migrate_and_seal, open_database
from flagfive.errors import UserError
from flagfive.main import app
from settings import load_settings
from storage import UnitOfWork


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A set-up with an own database in a folder of its own."""
    monkeypatch.setenv("FLAGFIVE_VAR", str(tmp_path))
    monkeypatch.delenv("FLAGFIVE_STORAGE__URL", raising=False)
    return dict(os.environ)


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["audit", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def add(count: int, environment: dict[str, str], subject: str = "x") -> None:
    engine = open_database(load_settings(environment=environment))
    migrate_and_seal(engine)
    with UnitOfWork(engine) as unit:
        for _ in range(count):
            unit.audit.append("ada", "flag", subject=subject, time=1.0)
        unit.commit()
    engine.dispose()


def cut_off(environment: dict[str, str], since: int) -> None:
    engine = open_database(load_settings(environment=environment))
    with engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_log_refuses_delete"))
        connection.execute(text(f"DELETE FROM audit_log WHERE position >= {since}"))
    engine.dispose()


def test_anchors_reveal_a_log_that_was_cut_off(environment: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "anchors"
    add(2, environment)
    assert "anchored: 3:" in run("anchor", str(file))
    assert "unchanged: 3:" in run("anchor", str(file))
    add(1, environment)
    run("anchor", str(file))
    assert [line.split(":")[0] for line in file.read_text().splitlines()] == ["3", "4"]
    assert "4 entries, keyed from entry 1 on" in run("verify", "--anchors", str(file))
    cut_off(environment, 4)
    assert "3 entries" in run("verify")
    with pytest.raises(UserError, match="cut off before the known entry 4"):
        run("verify", "--anchors", str(file))
    add(1, environment, "other")  # written anew, with the key
    assert "4 entries" in run("verify")
    with pytest.raises(UserError, match=r"rewritten|does not carry"):
        run("verify", "--anchors", str(file))
    with pytest.raises(UserError, match=r"rewritten|does not carry|cut off"):
        run("anchor", str(file))


def test_a_damaged_file_of_anchors_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    add(1, environment)
    file = tmp_path / "anchors"
    file.write_text("4:abc 2026-01-01T00:00:00Z\n")
    with pytest.raises(UserError, match="line 1"):
        run("verify", "--anchors", str(file))
