"""`flagfive suppress`: what is asked is checked before it is sent."""

from __future__ import annotations

import msgspec
import pytest
from typer.testing import CliRunner

from flagfive.errors import UserError
from flagfive.verbs import suppress


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What the verbs send."""
    found: list[dict[str, str]] = []
    monkeypatch.setattr(
        suppress, "ask_and_print", lambda context, kind, **fields: found.append({"kind": kind, **fields})
    )
    return found


def run(*words: str) -> None:
    result = CliRunner().invoke(suppress.app, list(words))
    if result.exception is not None:
        raise result.exception


def test_an_entity_or_a_scorer_is_silenced_until_a_time(asked: list[dict[str, str]]) -> None:
    run("entity", "merchant", "m17", "--scorer", "rule/a", "--until", "1970-01-02")
    run("scorer", "base", "--until", "1970-01-01T00:00:05Z")
    run("lift", "0f3c")
    first, second = (msgspec.json.decode(one["definition"]) for one in asked[:2])
    assert first == {"entity": "merchant", "key": "m17", "scorer": "rule/a", "until": 86_400.0}
    assert second == {"scorer": "base", "until": 5.0}
    assert (asked[2]["kind"], asked[2]["name"]) == ("retire", "suppression/0f3c")


def test_what_cannot_be_silenced_is_refused_before_it_is_sent(asked: list[dict[str, str]]) -> None:
    with pytest.raises(UserError, match="allowed is one such as"):
        run("scorer", "base", "--until", "soon")
    with pytest.raises(UserError, match="card number"):
        run("entity", "card", "4111111111111111")
    assert not asked
