"""`flagfive webhooks` against a receiver on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from flagfive.errors import UserError
from flagfive.main import app
from storage import UnitOfWork, migrate, open_engine
from storage.webhooks import NewDelivery
from tests.webhook_receiver import Receiver, is_signed

SECRET = "a secret for the tests of webhooks"


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with Receiver() as receiver:
        file = tmp_path / "flagfive.toml"
        file.write_text(f'[[webhooks.endpoints]]\nname = "tickets"\nurl = "{receiver.url}"\n')
        monkeypatch.setenv("FLAGFIVE_CONFIG", str(file))
        monkeypatch.setenv("FLAGFIVE_WEBHOOKS__SECRET", SECRET)
        monkeypatch.setenv("FLAGFIVE_STORAGE__URL", f"sqlite:///{tmp_path}/verb.sqlite")
        yield receiver


@pytest.fixture
def engine(receiver: Receiver, tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/verb.sqlite")
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def run(*words: str) -> str:
    result = CliRunner().invoke(app, ["webhooks", *words], env={"COLUMNS": "250"})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def test_a_test_is_signed_with_the_key_that_the_verb_prints(receiver: Receiver) -> None:
    assert "accepted with 204" in run("test", "tickets")
    ((headers, body),) = receiver.requests
    assert is_signed(headers, body, run("secret", "tickets").strip())
    assert receiver.events[0]["type"] == "ping"


def test_a_refusal_and_an_unknown_name_say_what_is_wrong(receiver: Receiver) -> None:
    receiver.answers = [403]
    with pytest.raises(UserError, match="answered 403"):
        run("test", "tickets")
    with pytest.raises(UserError, match="no endpoint 'ticket'"):
        run("test", "ticket")


def test_without_a_secret_the_variable_is_named(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLAGFIVE_WEBHOOKS__SECRET")
    with pytest.raises(UserError, match="FLAGFIVE_WEBHOOKS__SECRET"):
        run("test", "tickets")


def test_failed_deliveries_are_shown_and_tried_again(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        unit.webhooks.add([NewDelivery("tickets", "audit-7", "case.opened", "case 3", "{}")], now=1.0)
        one = unit.webhooks.get(1)
        assert one is not None
        one.failed_at, one.cause = 2.0, "the receiver answered 500"
        unit.commit()
    assert "tickets" in run()
    assert "the receiver answered 500" in run("deliveries", "--state", "failed")
    assert "sent again" in run("retry", "1")
    assert "audit-7" not in run("deliveries", "--state", "failed")
    with pytest.raises(UserError, match="no delivery 1 has failed"):
        run("retry", "1")
    with pytest.raises(UserError, match="waiting, sent, failed"):
        run("deliveries", "--state", "lost")
