"""`flagfive policy`: a file is checked before it is sent."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from features.schema import TransactionSchema
from features.vector import FeatureLayout
from flagfive.errors import UserError
from flagfive.main import app as flagfive
from flagfive.verbs import policy
from recorder.rows import scored_rows
from storage import UnitOfWork, migrate, open_engine
from tests.scored_messages import scored_message

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


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty stored transactions, and no policy in force."""
    url = f"sqlite:///{tmp_path / 'policy.sqlite'}"
    engine = open_engine(url)
    migrate.upgrade(engine)
    features = np.zeros((40, len(FeatureLayout(TransactionSchema()).names)), np.float32)
    with UnitOfWork(engine) as unit:
        unit.transactions.add_many(scored_rows(scored_message(0, range(40), features=features)))
        unit.commit()
    monkeypatch.setenv("FLAGFIVE_STORAGE__URL", url)
    monkeypatch.setenv("FLAGFIVE_CONTROL__KEY", "a secret of enough length")


def blast_radius(*words: str) -> str:
    return CliRunner().invoke(flagfive, ["policy", "blast-radius", *words], catch_exceptions=False).output


@pytest.mark.usefixtures("stored")
def test_the_blast_radius_of_a_file_is_shown_by_segment(file: Path) -> None:
    file.write_text("segments:\n- {name: all, when: amount > 0, review_from: 0, decline_from: 12}\n")
    found = json.loads(blast_radius(str(file), "--json"))
    of_all, rest = found["segments"]
    assert (of_all["name"], of_all["reviewed"], rest["transactions"]) == ("all", of_all["transactions"], 0)
    assert found["transactions"] == of_all["transactions"] == 40
    words = blast_radius(str(file))
    assert "40 transactions" in words
    assert "the budget allows" in words


@pytest.mark.usefixtures("stored")
def test_without_a_file_the_blast_radius_is_that_of_what_is_in_force() -> None:
    (only,) = json.loads(blast_radius("--json"))["segments"]
    assert only["name"] == "otherwise"
    assert only["reviewed"] == only["reviewed_now"]


@pytest.mark.usefixtures("stored")
def test_a_policy_that_reads_what_is_not_stored_has_no_blast_radius(file: Path) -> None:
    file.write_text("segments:\n- {name: all, when: risk > 1, review_from: 0}\n")
    with pytest.raises(UserError, match="risk is not stored"):
        blast_radius(str(file))
