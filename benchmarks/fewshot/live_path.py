"""flagfive as it runs live: the episode procedure of the adaptation worker, with its limits and its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.fewshot.measure import BUDGET, Measure, Outcome, Part, Parts
from benchmarks.fewshot.setting import Setting
from meta.adapters.registry import DEFAULT, adapter
from meta.episode import Traces, choose_rows, known_fraud, propose
from meta.reservoir import Reservoir
from meta.scored_traffic import ScoredTraffic
from meta.stack import ScoringStack
from meta.support import Support
from meta.threshold import first_threshold
from meta.verdict import Verdict


@dataclass(frozen=True)
class Flagged:
    """Flags of an episode: positions in the data set, and raw features float32 (k, d)."""

    at: np.ndarray
    X: np.ndarray


def proposed(setting: Setting, flagged: Flagged, recent: Part, *, seed: int, name: str = DEFAULT) -> Verdict:
    """Return the verdict of the live procedure.

    Args:
        setting: Data set and artifacts.
        flagged: The flags.
        recent: Recent traffic, in the order of live calibration.
        seed: Seed of all that is drawn.
        name: Adapter; the live default where not given.
    """
    base, tails = setting.artifacts.base, recent.reservoir.base_tails
    traffic = ScoredTraffic.of(recent.reservoir, ScoringStack(base, tails))
    threshold = first_threshold(BUDGET)
    return propose(
        traffic,
        adapter(name, setting.artifacts),
        Support(flagged.X),
        choose_rows(setting.data.rows.seconds[recent.at], _traces(setting, flagged, recent)),
        known_fraud(_found_by_base(setting, recent.reservoir, threshold), setting.artifacts.past, {}),
        threshold=threshold,
        budget=BUDGET,
        seed=seed,
    ).verdict


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


def _found_by_base(setting: Setting, reservoir: Reservoir, threshold: float) -> np.ndarray:
    """Return raw features of the frauds between training and evaluation that the base alerted."""
    X = setting.rows(setting.matured_rows)
    found: np.ndarray = X[reservoir.base_tails.surprise(reservoir.base.score(X)) > threshold]
    return found
