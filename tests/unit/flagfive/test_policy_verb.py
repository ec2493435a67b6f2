"""`flagfive policy`: a file is checked before it is sent."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from flagfive.errors import UserError
from flagfive.verbs import policy

FILE = "segments:\n- {name: large, when: amount > 500, review_from: 1%, decline_from: 4}\n"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What the verbs send."""
    found: list[dict[str, str]] = []
    monkeypatch.setattr(
        policy, "ask_and_print", lambda context, kind, **fields: found.append({"kind": kind, **fields})
    )
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(FILE)
    return file


def run(*words: str) -> None:
    result = CliRunner().invoke(policy.app, list(words))
    if result.exception is not None:
        raise result.exception


def test_a_file_is_sent_with_surprises(asked: list[dict[str, str]], file: Path) -> None:
    run("set", str(file), "--reason", "tighter")
    assert (asked[0]["kind"], asked[0]["name"], asked[0]["reason"]) == ("policy", "decision", "tighter")
    assert msgspec.json.decode(asked[0]["definition"]) == {
        "segments": [{"name": "large", "when": "amount > 500", "review_from": 2.0, "decline_from": 4.0}]
    }


def test_each_verb_names_what_it_changes(asked: list[dict[str, str]]) -> None:
    for words in (["accept"], ["remove"], ["remove", "--waiting"], ["rollback"]):
        run(*words)
    assert [(one["kind"], one["name"]) for one in asked] == [
        ("approve", "policy/proposal"),
        ("retire", "policy/decision"),
        ("retire", "policy/proposal"),
        ("rollback", "policy/decision"),
    ]


def test_a_file_that_cannot_be_used_is_not_sent(asked: list[dict[str, str]], file: Path) -> None:
    file.write_text("segments:\n- {name: large, when: 'amount >'}\n")
    with pytest.raises(UserError, match="segment 'large'"):
        run("set", str(file))
    with pytest.raises(UserError, match="No such file"):
        run("set", str(file.with_name("none.yaml")))
    assert not asked
