"""Proposals with the shipped artifacts name wrong flags, and wrong flags do not affect the rest."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from adaptation.intake.checks import Flagged
from adaptation.proposing.prepared import Prepared
from adaptation.proposing.proposal import Proposal, propose
from meta.adapters.registry import adapter
from meta.artifacts import Artifacts
from meta.calibration import Tails
from meta.stack import ScoringStack
from storage.traffic_sample import TrafficSample

N = 20_000
ODD = 12
"""Features in which the pattern lies far out."""


@pytest.fixture(scope="module")
def artifacts() -> Artifacts:
    return Artifacts.load()


@pytest.fixture(scope="module")
def usual(artifacts: Artifacts) -> np.ndarray[Any, Any]:
    """Return ordinary rows: knots of each feature's quantiles, drawn from a normal distribution."""
    random, knots = np.random.default_rng(0), np.sort(artifacts.base.normaliser.source, axis=1)
    last, d = knots.shape[1] - 1, len(artifacts.base.features)
    places = np.clip(np.round(last / 2 + random.standard_normal((N, d)) * last / 8), 0, last).astype(int)
    rows: np.ndarray[Any, Any] = knots[np.arange(d), places].astype(np.float32)
    return rows


@pytest.fixture(scope="module")
def prepared(artifacts: Artifacts, usual: np.ndarray[Any, Any]) -> Prepared:
    entities = [{"card": f"card-{n % 5_000}"} for n in range(N)]
    sample = TrafficSample(usual, np.arange(N, dtype=np.float64), [f"tx-{n}" for n in range(N)], entities)
    stack = ScoringStack(artifacts.base, Tails.fit(artifacts.base.score(usual)))
    return Prepared(sample, stack, adapter("evidence", artifacts))


def proposed(
    artifacts: Artifacts, prepared: Prepared, usual: np.ndarray[Any, Any], right: int, wrong: int
) -> Proposal:
    rows = usual[: right + wrong].copy()
    rows[:right, :ODD] = np.sort(artifacts.base.normaliser.source, axis=1)[:ODD, -2]
    fraud: list[Any] = [
        SimpleNamespace(
            features=row.tobytes(),
            transaction_id=f"flag-{n}",
            event_time=N * 0.9,
            amount=12.5,
            entities={"card": f"new-{n}"},
        )
        for n, row in enumerate(rows)
    ]
    return propose(Flagged(fraud, []), prepared, {}, threshold=3.0, budget=0.001, seed=1)


def test_one_wrong_flag_of_five_is_set_aside_and_the_detector_stays_within_the_budget(
    artifacts: Artifacts, prepared: Prepared, usual: np.ndarray[Any, Any]
) -> None:
    found = proposed(artifacts, prepared, usual, 4, 1)
    assert found.verdict.passed, found.verdict.reasons
    assert found.notes == ("set aside, looks like ordinary traffic to the other 4 flags: flag-4",)
    assert found.verdict.found == 1.0
    assert found.verdict.alert_rate <= 0.00125


def test_one_wrong_flag_of_four_is_named_since_none_can_be_spared(
    artifacts: Artifacts, prepared: Prepared, usual: np.ndarray[Any, Any]
) -> None:
    found = proposed(artifacts, prepared, usual, 3, 1)
    assert found.notes == ("unlike the other flags, which do not lead to them: flag-3",)


def test_five_genuine_flags_stay_a_draft_and_are_called_ordinary(
    artifacts: Artifacts, prepared: Prepared, usual: np.ndarray[Any, Any]
) -> None:
    found = proposed(artifacts, prepared, usual, 0, 5)
    assert not found.verdict.passed
    assert any("look like ordinary traffic" in note for note in found.notes)


def test_five_right_flags_leave_nothing_to_say(
    artifacts: Artifacts, prepared: Prepared, usual: np.ndarray[Any, Any]
) -> None:
    found = proposed(artifacts, prepared, usual, 5, 0)
    assert (found.verdict.passed, found.verdict.found, found.notes) == (True, 1.0, ())
