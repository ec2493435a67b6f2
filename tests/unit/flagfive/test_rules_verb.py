"""`flagfive rules`: a condition is checked, and tried on stored transactions."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from features.schema import TransactionSchema
from features.vector import FeatureLayout
from flagfive.errors import UserError
from flagfive.main import app as flagfive
from flagfive.verbs.rules import app
from recorder.rows import scored_rows
from storage import UnitOfWork, migrate, open_engine
from storage.episodes import DRAFT, SUPPORT, Episode, EpisodeTransaction
from tests.scored_messages import scored_message

NAMES = FeatureLayout(TransactionSchema()).names
COUNTED = NAMES.index("card_log_count_1h")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Forty stored transactions; ten of them are the third of their card within an hour."""
    url = f"sqlite:///{tmp_path / 'rules.sqlite'}"
    engine = open_engine(url)
    migrate.upgrade(engine)
    features = np.zeros((40, len(NAMES)), np.float32)
    features[:10, COUNTED] = np.log1p(3.0)
    with UnitOfWork(engine) as writing:
        writing.transactions.add_many(scored_rows(scored_message(0, range(40), features=features)))
        writing.commit()
    monkeypatch.setenv("FLAGFIVE_STORAGE__URL", url)
    monkeypatch.setenv("FLAGFIVE_CONTROL__KEY", "a secret of enough length")
    return url


def tried(*arguments: str) -> Result:
    return CliRunner().invoke(flagfive, ["rules", "test", *arguments], catch_exceptions=False)


@pytest.mark.usefixtures("url")
def test_a_condition_matches_the_stored_rows_that_fulfil_it() -> None:
    found = json.loads(tried("card.count_1h >= 3", "--json").output)
    assert (found["transactions"], found["matches"], len(found["examples"])) == (40, 10, 10)
    words = tried("card.count_1h >= 3").output
    assert "newest matches: " in words
    assert "near misses: none" in words


@pytest.mark.usefixtures("url")
def test_a_condition_on_what_is_not_stored_is_refused() -> None:
    with pytest.raises(UserError, match="risk is not stored"):
        tried("risk > 1")


@pytest.mark.usefixtures("url")
def test_a_database_without_transactions_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    migrate.upgrade(open_engine(empty))
    monkeypatch.setenv("FLAGFIVE_STORAGE__URL", empty)
    with pytest.raises(UserError, match="no transaction is stored"):
        tried("amount > 1")


@pytest.mark.usefixtures("url")
def test_an_error_marks_its_place() -> None:
    with pytest.raises(UserError, match="did you mean 'amount'") as caught:
        tried("night && amuont > 5")
    assert str(caught.value).splitlines()[1].startswith(" " * 9 + "^")


def test_flags_of_an_episode_suggest_a_rule_with_the_command_that_saves_it(url: str) -> None:
    with UnitOfWork(open_engine(url)) as unit:
        stored = [unit.transactions.at(0, offset) for offset in range(5)]
        parts = [
            EpisodeTransaction(transaction_id=one.transaction_id, role=SUPPORT)
            for one in stored
            if one is not None
        ]
        unit.episodes.add(
            Episode(
                id="e1",
                request_id="e1",
                name="busy",
                author="ada",
                status=DRAFT,
                flagged_at=0.0,
                transactions=parts,
            )
        )
        unit.commit()
    said = CliRunner().invoke(flagfive, ["rules", "suggest", "busy"], catch_exceptions=False).output
    assert said.startswith("card.count_1h >= 3\nit matches 5 of 5 flags")
    assert "flagfive rules add ID 'card.count_1h >= 3' --action review" in said
    with pytest.raises(UserError, match="no episode 'other'"):
        CliRunner().invoke(flagfive, ["rules", "suggest", "other"], catch_exceptions=False)


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(UserError, match="no time zone 'Mars'"):
        CliRunner().invoke(app, ["check", "night", "--zone", "Mars"], catch_exceptions=False)


def test_a_file_is_checked_without_a_broker_and_every_wrong_rule_is_named(tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("rules:\n- {id: a, condition: card.count_1h >= 3, action: review}\n")
    assert CliRunner().invoke(app, ["check", "--file", str(file)]).output == "ok\n"
    file.write_text(
        "rules:\n- {id: a, condition: amuont > 3, action: review}\n"
        "- {id: b, condition: 'card.id in lists.x', action: review}\n"
    )
    with pytest.raises(UserError, match="2 rules cannot be used") as caught:
        CliRunner().invoke(app, ["check", "--file", str(file)], catch_exceptions=False)
    assert "did you mean 'amount'" in str(caught.value)
