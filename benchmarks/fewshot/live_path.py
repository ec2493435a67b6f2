"""flagfive as it runs live: the episode procedure of the adaptation worker, with its limits and its rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.fewshot.datasets import DAY
from benchmarks.fewshot.measure import BUDGET, Measure, Outcome, Part, Parts
from benchmarks.fewshot.setting import Setting
from meta.adapters.registry import DEFAULT, adapter
from meta.columns import FeatureColumns
from meta.episode import BASE, EpisodeVerdict, Traces, choose_rows, known_fraud, propose
from meta.reservoir import Reservoir
from meta.scored_traffic import ScoredTraffic
from meta.stack import ScoringStack
from meta.stakes import Frauds, Stakes
from meta.support import Support
from meta.threshold import first_threshold
from meta.verdict import Verdict


@dataclass(frozen=True)
class Flagged:
    """Transactions of an episode.

    Attributes:
        at: Positions of the flags in the data set.
        X: Raw features float32 (k, d) of the flags, and of frauds that joined later.
        genuine: Raw features float32 (h, d) of lookalikes.
    """

    at: np.ndarray
    X: np.ndarray
    genuine: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))


def proposed(
    setting: Setting, flagged: Flagged, recent: Part, *, seed: int, name: str = DEFAULT
) -> EpisodeVerdict:
    """Run the live procedure.

    Args:
        setting: Data set and artifacts.
        flagged: The flags.
        recent: Recent traffic, in the order of live calibration.
        seed: Seed of all that is drawn.
        name: Adapter; the live default where not given.

    Returns:
        The verdict, and which rows of `recent` look like the episode.
    """
    base, threshold = setting.artifacts.base, first_threshold(BUDGET)
    traces, seconds = _traces(setting, flagged, recent), setting.data.rows.seconds[recent.at]
    found = _alerted_by_base(setting, setting.matured_rows, recent.reservoir, threshold)
    return propose(
        ScoredTraffic.of(recent.reservoir, ScoringStack(base, recent.reservoir.base_tails)),
        adapter(name, setting.artifacts),
        Support(flagged.X, flagged.genuine),
        choose_rows(seconds, traces),
        known_fraud(setting.rows(found), setting.artifacts.past, {}),
        threshold=threshold,
        budget=BUDGET,
        seed=seed,
        stakes=Stakes.of(
            _frauds(setting, flagged.at),
            seconds,
            traces.own,
            per_day=setting.per_day,
            known={BASE: _frauds(setting, _confirmed(setting, traces.began, recent.reservoir, threshold))},
        ),
    )


def outcome_of(m: Measure, verdict: Verdict, parts: Parts) -> Outcome:
    """Measure base and detector with their joint threshold; of a draft, the base alone."""
    if not verdict.passed:
        return m.outcome(parts, parts.each(lambda part: part.base_surprise), reasons=verdict.reasons)
    tails = parts.reservoir.reservoir.base_tails
    stack = ScoringStack(m.setting.artifacts.base, tails).replaced((verdict.live,))
    scores = parts.each(lambda part: stack.score(part.reservoir.X)[0])
    return m.outcome(parts, scores, threshold=verdict.threshold)


def _traces(setting: Setting, flagged: Flagged, recent: Part) -> Traces:
    """Return where cards and merchants of the flags, and the flags themselves, meet recent traffic."""
    rows = setting.data.rows
    entities = [
        np.flatnonzero(entity[recent.at] == key)
        for entity in (rows.card, setting.data.merchant)
        for key in np.unique(entity[flagged.at])
    ]
    own = np.flatnonzero(np.isin(recent.at, flagged.at))
    return Traces(entities, own, float(rows.seconds[flagged.at].min()))


def _confirmed(setting: Setting, until: float, reservoir: Reservoir, threshold: float) -> np.ndarray:
    """Return the rows of known fraud that the base alerted after training and before `until`."""
    rows, data = setting.data.rows, setting.data
    after = np.arange(np.searchsorted(rows.seconds, data.windows["train"].last * DAY), len(rows.seconds))
    after = after[rows.seconds[after] < until]
    known = after[np.isin(rows.family[after], data.trained(setting.held))]
    return _alerted_by_base(setting, known, reservoir, threshold)


def _alerted_by_base(setting: Setting, at: np.ndarray, reservoir: Reservoir, threshold: float) -> np.ndarray:
    surprise = reservoir.base_tails.surprise(reservoir.base.score(setting.rows(at)))
    found: np.ndarray = at[surprise > threshold]
    return found


def _frauds(setting: Setting, at: np.ndarray) -> Frauds:
    amount = FeatureColumns(setting.data.features).get(setting.rows(at), "log_amount", "the benchmark")
    return Frauds(setting.data.rows.seconds[at], np.expm1(amount))
