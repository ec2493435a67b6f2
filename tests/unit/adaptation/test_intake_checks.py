"""A flag or label that cannot be meant is refused, with what is wrong and what would help."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from adaptation.intake.checks import Flagged, RequestRefused, examine_flag, examine_label, missing
from storage import UnitOfWork
from storage.episodes import DRAFT, LIVE, LOOKALIKE, RECEIVED, RETIRED, SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, GENUINE
from tests.unit.adaptation.few_transactions import WIDTH, store
from tests.unit.adaptation.worker_in_memory import a_flag


def examine(engine: Engine, width: int = WIDTH, **fields: Any) -> Flagged:
    with UnitOfWork(engine, reads_only=True) as unit:
        return examine_flag(unit, a_flag(**{"fraud": ("t1",)} | fields), width)


def refusal(engine: Engine, width: int = WIDTH, **fields: Any) -> RequestRefused:
    with pytest.raises(RequestRefused) as found:
        examine(engine, width, **fields)
    return found.value


def label(engine: Engine, *rows: tuple[str, str, str]) -> None:
    """Store earlier verdicts, as transaction, verdict and author."""
    with UnitOfWork(engine) as unit:
        unit.labels.add_many(
            (identity, verdict, "analyst", author, 1.0 + at, f"label-{at}")
            for at, (identity, verdict, author) in enumerate(rows)
        )
        unit.commit()


def add_episode(engine: Engine, status: str, *, request_id: str = "r-0", role: str = SUPPORT) -> None:
    """Store an episode of `t1` and `t2`."""
    request = a_flag(request_id=request_id)
    parts = [EpisodeTransaction(transaction_id=name, role=role) for name in ("t1", "t2")]
    with UnitOfWork(engine) as unit:
        unit.episodes.add(
            Episode(
                id=request.episode_id,
                request_id=request_id,
                name="ring",
                author="bob",
                status=status,
                flagged_at=1.0,
                transactions=parts,
            )
        )
        unit.commit()


def test_a_flag_comes_back_with_its_transactions_once_and_in_order(few: Engine) -> None:
    found = examine(few, fraud=("t3", "t1", "t3"), genuine=("t5", "t4", "t5"))
    assert [row.transaction_id for row in found.fraud] == ["t3", "t1"]
    assert [row.transaction_id for row in found.genuine] == ["t5", "t4"]
    assert found.fraud_features().shape == (2, WIDTH)
    assert found.fraud_features().dtype == np.float32
    assert (found.fraud_features()[0] != found.fraud_features()[1]).any()
    assert examine(few, genuine=()).genuine_features().shape == (0, 0)
    cards = {("card", "card-0-101"), ("card", "card-0-103"), ("merchant", "shop")}
    assert found.entities == cards


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "  "}, "an episode needs a name"),
        ({"fraud": ()}, "needs at least one transaction flagged as fraud"),
        ({"fraud": (), "genuine": ("t1",)}, "needs at least one transaction flagged as fraud"),
        ({"fraud": ("t1", "t2"), "genuine": ("t2", "t1", "t3")}, "at once: t1, t2$"),
    ],
)
def test_a_flag_without_name_or_frauds_or_with_two_verdicts_is_refused(
    few: Engine, fields: dict[str, Any], words: str
) -> None:
    assert refusal(few, **fields).unknown == ()
    with pytest.raises(RequestRefused, match=words):
        examine(few, **fields)


def test_unknown_transactions_are_counted_listed_and_five_of_them_named(few: Engine) -> None:
    unknown = tuple(f"x{number}" for number in range(7))
    found = refusal(few, fraud=("t1", *unknown[:4]), genuine=unknown[4:])
    assert found.unknown == unknown
    assert "7 of 8 transactions are not stored (x0, x1, x2, x3, x4 and 2 more)" in str(found)
    assert "(x0, x1, x2, x3, x4)" in str(refusal(few, fraud=unknown[:5]))


def test_an_earlier_verdict_that_says_otherwise_refuses_a_flag(few: Engine) -> None:
    label(few, ("t1", FRAUD, "bob"), ("t4", GENUINE, "bob"), ("t5", GENUINE, "eve"))
    assert len(examine(few, fraud=("t1", "t2"), genuine=("t4", "t5")).fraud) == 2
    found = refusal(few, fraud=("t1", "t4", "t5"))
    assert str(found).startswith("bob called t4, t5 genuine before; send a label first")
    assert str(refusal(few, fraud=("t2",), genuine=("t1",))).startswith("bob called t1 fraud before")


def test_only_the_last_verdict_counts(few: Engine) -> None:
    label(few, ("t1", GENUINE, "bob"), ("t1", FRAUD, "bob"))
    assert examine(few).fraud[0].transaction_id == "t1"


@pytest.mark.parametrize("status", [RECEIVED, LIVE])
def test_what_a_standing_episode_has_flagged_is_not_flagged_again(few: Engine, status: str) -> None:
    add_episode(few, status)
    found = refusal(few, fraud=("t0", "t1", "t2"))
    assert str(found) == "already flagged in episode 'ring' by bob: t1, t2"
    assert len(examine(few, fraud=("t0",), genuine=("t1",)).fraud) == 1


def test_what_no_standing_episode_holds_as_fraud_can_be_flagged(few: Engine) -> None:
    add_episode(few, DRAFT, request_id="r-0")
    add_episode(few, RETIRED, request_id="r-2")
    add_episode(few, LIVE, request_id="r-3", role=LOOKALIKE)
    add_episode(few, LIVE, request_id="r-1")  # the same request again, after a stop
    assert examine(few).fraud[0].transaction_id == "t1"


def test_transactions_scored_with_other_features_are_refused_by_name(few: Engine) -> None:
    with UnitOfWork(few) as unit:
        store(unit, "wide", partition=1, width=WIDTH + 1)
        unit.commit()
    assert f"than the base in force reads ({WIDTH}): wide;" in str(refusal(few, fraud=("t1", "wide")))
    assert "wide" in str(refusal(few, genuine=("wide",)))
    assert "t1" in str(refusal(few, width=WIDTH + 1))


def labels_of(engine: Engine, **fields: Any) -> list[str]:
    with UnitOfWork(engine, reads_only=True) as unit:
        return sorted(examine_label(unit, a_flag("label", **{"fraud": ()} | fields)))


def test_a_label_names_frauds_or_genuine_transactions_that_are_stored(few: Engine) -> None:
    assert labels_of(few, fraud=("t1",)) == ["t1"]
    assert labels_of(few, genuine=("t2",)) == ["t2"]
    assert labels_of(few, fraud=("t1",), genuine=("t2",)) == ["t1", "t2"]
    for fields, words in (
        ({}, "no transactions are named"),
        ({"fraud": ("t1",), "genuine": ("t1",)}, "at once: t1"),
        ({"fraud": ("t1", "x1")}, "1 of 2 transactions are not stored"),
    ):
        with pytest.raises(RequestRefused, match=words):
            labels_of(few, **fields)


def test_what_is_not_stored_is_listed_once_and_in_order(few: Engine) -> None:
    with UnitOfWork(few, reads_only=True) as unit:
        found = missing(unit, a_flag(fraud=("x2", "t1", "x1", "x2"), genuine=("x3", "t2")))
    assert found == ["x2", "x1", "x3"]
