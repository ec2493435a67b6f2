"""The adaptation worker and a live replay make byte-identical detectors from the same flags."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from adaptation.intake.checks import Flagged, examine_flag
from adaptation.proposing.prepared import Prepared
from adaptation.proposing.proposal import Terms, propose
from adaptation.upkeep.recalibrating import recalibrate
from contracts.request import Request
from control.change import Change
from control.parts import TAILS_OF, tails_from_bytes
from control.rule_table import RuleTable
from meta.adapters.evidence import Evidence
from meta.adapters.logistic import Logistic
from meta.adapters.protocol import Adapter
from meta.calibration import Tails
from meta.episode import EpisodeVerdict, known_fraud
from meta.episode import propose as propose_in_meta
from meta.live import LiveDetector
from meta.stack import ScoringStack
from meta.stakes import Frauds
from meta.verdict import Verdict
from recorder.rows import scored_rows
from replay import episodes
from replay.desk import News
from replay.recent import Recent
from replay.shift_contender import DeskHistory
from replay.traffic import TrafficRows, joined
from replay.truth import FRAUD, GENUINE
from storage import UnitOfWork, migrate, open_engine
from storage.traffic_sample import NEWEST, SIZE, TrafficSample, sample_traffic
from tests.scored_messages import scored_message
from tests.small_models import genuine_rows, small_base, small_network

N, CARDS, BUDGET, SEED = 8_000, 1_000, 0.001, 7
HOUR_S, DAY_S = 3_600.0, 86_400.0
STEP_S = 5 * DAY_S / N
PATTERNS = ("large", "at night")
CENTRES = ([4.0, 4.0, 0.0], [-4.0, 0.0, 4.0])
BASE = small_base()
PAST = genuine_rows(300, seed=5) + np.float32(3.0)
ADAPTERS: dict[str, Adapter] = {"evidence": Evidence(small_network()), "logistic": Logistic(BASE.normaliser)}


def traffic(X: np.ndarray[Any, Any], first: int, family: int = -1) -> TrafficRows:
    """Return rows from number `first` on; with a family they are frauds."""
    n, row = len(X), first + np.arange(len(X))
    keys = np.stack([1 + row % CARDS, np.zeros(n)], 1).astype(np.uint64)
    label = np.full(n, GENUINE if family < 0 else FRAUD, np.int8)
    return TrafficRows(
        X, label, np.full(n, family, np.int32), keys, STEP_S * row.astype(np.float64), np.full(n, 12.5), row
    )


def flags(episode: int) -> TrafficRows:
    X = genuine_rows(5, seed=20 + episode) * np.float32(0.3) + np.array(CENTRES[episode], np.float32)
    return traffic(X, N + 10 * episode, family=episode)


RECENT = traffic(genuine_rows(N, seed=1), 0)
HISTORY = traffic(genuine_rows(3_000, seed=2), 0)
RECENT_ONLY = Recent(seed=0)
RECENT_ONLY.add(RECENT)


def frauds_of(episodes: Iterable[str]) -> dict[str, Frauds]:
    """Return times and amounts of the flags of live episodes."""
    rows = {name: flags(PATTERNS.index(name)) for name in episodes}
    return {name: Frauds(found.seconds, found.amount) for name, found in rows.items()}


class Stored:
    """The worker's side: reads everything from a database."""

    def __init__(self, engine: Engine, adapter: Adapter) -> None:
        self.engine, self.adapter = engine, adapter
        self.store(RECENT)
        with UnitOfWork(engine, reads_only=True) as unit:
            self.sample: TrafficSample = sample_traffic(unit.session, SIZE, newest=NEWEST, seed=0)
        self.stack = ScoringStack(BASE, Tails.fit(BASE.score(HISTORY.X)))
        self.threshold, self.risk_share = 3.0, 1.0

    def store(self, rows: TrafficRows) -> None:
        message = scored_message(
            0, rows.row.tolist(), features=rows.X, times=rows.seconds.tolist(),
            cards=[b"card-%d" % card for card in rows.card.tolist()],
        )  # fmt: skip
        with UnitOfWork(self.engine) as unit:
            unit.transactions.add_many(scored_rows(message))
            unit.commit()

    def recalibrate(self) -> None:
        """Announce tails and threshold, and adopt them as scorers do."""
        announced: list[Change] = []

        def announce(change: Change) -> SimpleNamespace:
            announced.append(change)
            return SimpleNamespace(offset=1)

        ids = [str(place) for place in range(len(self.stack.detectors))]
        snapshot = SimpleNamespace(
            base=SimpleNamespace(content_hash=BASE.content_hash), threshold=self.threshold,
            rules=RuleTable.of([]), detectors=[SimpleNamespace(id=identity) for identity in ids],
        )  # fmt: skip
        context: Any = SimpleNamespace(
            budget=BUDGET,
            announcer=SimpleNamespace(
                refresh=lambda: snapshot,
                announce=announce,
            ),
            preparation=SimpleNamespace(
                ready=lambda snapshot, newest: SimpleNamespace(prepared=self.prepared()),
                per_day=None,
                stored=(0, 0.0),
            ),
        )
        assert recalibrate(context, "a test") == 1
        [change] = announced
        tails = [tails_from_bytes(change.parts[TAILS_OF + identity]) for identity in ids]
        detectors = [
            LiveDetector(live.detector, live.adapter, own, live.shift)
            for live, own in zip(self.stack.detectors, tails, strict=True)
        ]
        self.stack = ScoringStack(BASE, tails_from_bytes(change.parts["tails"]), tuple(detectors))
        self.threshold, self.risk_share = change.values["threshold"], change.values["risk_share"]

    def prepared(self) -> Prepared:
        return Prepared(self.sample, self.stack, self.adapter, risk_share=self.risk_share)

    def flag(self, rows: TrafficRows, earlier: dict[str, Any]) -> Verdict:
        self.store(rows)
        ids = tuple(f"tx-0-{row}" for row in rows.row.tolist())
        request = Request("request", "flag", "ada", 0.0, name="an episode", fraud=ids)
        with UnitOfWork(self.engine, reads_only=True) as unit:
            flagged: Flagged = examine_flag(unit, request, RECENT.X.shape[1])
        found = propose(
            flagged, self.prepared(), known_fraud(PAST[:0], PAST, earlier),
            threshold=self.threshold, budget=BUDGET, seed=SEED,
            terms=Terms(per_day=RECENT_ONLY.per_day, frauds=frauds_of(earlier)),
        )  # fmt: skip
        if found.verdict.passed:
            self.stack = self.stack.replaced((*self.stack.detectors, found.verdict.live))
            self.threshold, self.risk_share = found.verdict.threshold, found.risk_share
        return found.verdict


def replayed(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Verdict], list[float]]:
    """Return the verdicts on both episodes, and the threshold in force after each."""
    found: list[EpisodeVerdict] = []

    def recorded(*arguments: Any, **named: Any) -> EpisodeVerdict:
        found.append(propose_in_meta(*arguments, **named))
        return found[-1]

    monkeypatch.setattr(episodes, "propose", recorded)
    recent = Recent(seed=0)
    recent.add(RECENT)
    history = DeskHistory(HISTORY, recent, ("a", "b", "c"), 3, PATTERNS, 7.0, 7.0, BUDGET, SEED)
    contender = episodes.BaseWithEpisodes(BASE, PAST, adapter, None, history)
    thresholds = []
    for episode in range(2):
        shift = joined([flags(episode)])
        contender.margin(shift)
        nothing = np.empty(0, np.intp)
        contender.learn(News(float(shift.seconds[-1]), shift, nothing, np.arange(len(shift)), None))
        thresholds.append(contender._threshold)
    return [one.verdict for one in found], thresholds


def fields_of(verdict: Verdict) -> dict[str, Any]:
    """Return all fields of a verdict, with the detector as bytes."""
    told = {field.name: getattr(verdict, field.name) for field in fields(verdict) if field.name != "live"}
    live = verdict.live
    tails = {name: tensor.tobytes() for name, tensor in live.tails.tensors().items()}
    return told | {"detector": live.detector.to_bytes(), "shift": live.shift, "tails": tails}


@pytest.mark.parametrize("name", ADAPTERS)
def test_the_worker_and_a_replay_give_the_same_verdicts_thresholds_and_detectors(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two episodes in sequence: the second is judged beside the detector of the first."""
    engine = open_engine(f"sqlite:///{tmp_path}/worker.db")
    migrate.upgrade(engine)
    worker = Stored(engine, ADAPTERS[name])
    verdicts, thresholds = [], []
    earlier: dict[str, np.ndarray[Any, Any]] = {}
    worker.recalibrate()
    for episode in range(2):
        worker.recalibrate()
        verdicts.append(worker.flag(flags(episode), earlier))
        thresholds.append(worker.threshold)
        if verdicts[-1].passed:
            earlier[PATTERNS[episode]] = flags(episode).X
    again, thresholds_again = replayed(ADAPTERS[name], monkeypatch)
    assert [fields_of(verdict) for verdict in verdicts] == [fields_of(verdict) for verdict in again]
    assert thresholds == thresholds_again
    if name == "logistic":
        assert [verdict.passed for verdict in verdicts] == [True, True]
