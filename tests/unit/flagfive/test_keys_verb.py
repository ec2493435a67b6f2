"""`flagfive keys`, as an administrator types it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flagfive.errors import UserError
from flagfive.main import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("FLAGFIVE_VAR", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FLAGFIVE_CONTROL_KEY", raising=False)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["keys", *arguments])

    return run


def ids(shown: str) -> list[str]:
    return re.findall(r"\b[0-9a-f]{16}\b", shown)


def test_keys_are_made_shown_exchanged_and_retired(run: Run, tmp_path: Path) -> None:
    assert run("make").exit_code == 0
    shown = run("show").output
    assert [one in shown for one in ("control", "adapter", "worker", "console", "cli")] == [True] * 5
    assert shown.count("signs here") == 5
    secret = (tmp_path / "keys" / "console.key").read_text().strip().removeprefix("ed25519:")
    assert secret not in shown
    before = ids(shown)
    assert "signs after a restart of console" in run("rotate", "console").output
    (added,) = set(ids(run("show").output)) - set(before)
    console = next(line for line in shown.splitlines() if "console" in line)
    (old,) = ids(console)
    assert "is retired" in run("retire", old).output
    again = run("retire", added)
    assert isinstance(again.exception, UserError)
    assert "only valid key of 'console'" in str(again.exception)


def test_a_feed_gets_a_key_that_only_labels(run: Run) -> None:
    run("make")
    wrong = run("new", "chargebacks", "--may", "fly")
    assert "allowed are flag, preview, label" in str(wrong.exception)
    assert run("new", "chargebacks", "--may", "label").exit_code == 0
    line = next(line for line in run("show").output.splitlines() if "chargebacks" in line)
    assert "label" in line
    assert "itself" in line


def test_without_keys_the_verb_says_how_to_make_them(run: Run) -> None:
    assert "`flagfive keys make` makes them" in str(run("show").exception)
    run("make")
    assert "has keys already" in str(run("make").exception)
