"""flagfive under hardship: a wrong flag, undetected frauds in recent traffic, and what a review restores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.fewshot.live_path import Flagged, outcome_of, proposed
from benchmarks.fewshot.measure import Measure, Outcome, Part, Parts
from benchmarks.fewshot.setting import Episode
from meta.reservoir import Reservoir
from meta.scored_traffic import spread_order

REVIEWED = 100  # matches that an analyst judges in a look-back


def one_wrong_flag(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Replace one flag of the episode by an ordinary transaction."""
    rng, at = np.random.default_rng((seed, 3)), episode.flags.copy()
    at[rng.integers(len(at))] = rng.choice(m.setting.genuine_rows)
    verdict = proposed(m.setting, Flagged(at, m.setting.rows(at)), parts.reservoir, seed=seed)
    return outcome_of(m, verdict, parts)


def undetected(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Leave the family's frauds among recent traffic, as if all of it were genuine."""
    dirty = _with_undetected(m, seed)
    return _with(m, episode, replace(parts, reservoir=dirty), seed)


def looked_back(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """As `undetected`; then an analyst judges the detector's 100 best matches, and frauds are removed."""
    s, dirty = m.setting, _with_undetected(m, seed)
    live = proposed(s, Flagged(episode.flags, s.rows(episode.flags)), dirty, seed=seed).live
    best = np.argsort(-dirty.reservoir.scores(live.adapter, live.detector))[:REVIEWED]
    fraud = best[s.data.rows.family[dirty.at[best]] == s.held]
    clean = _part(m, np.delete(dirty.at, fraud))
    return _with(m, episode, replace(parts, reservoir=clean), seed)


HARDSHIPS = {
    "flagfive, one flag wrong": one_wrong_flag,
    "flagfive, undetected in reservoir": undetected,
    "flagfive, undetected, 100 reviewed": looked_back,
}


def _with(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    flagged = Flagged(episode.flags, m.setting.rows(episode.flags))
    return outcome_of(m, proposed(m.setting, flagged, parts.reservoir, seed=seed), parts)


def _with_undetected(m: Measure, seed: int) -> Part:
    """Return recent traffic together with its frauds of the held-out family."""
    s, d = m.setting, m.setting.data
    hidden = d.calibrate[d.rows.family[d.calibrate] == s.held]
    share = len(s.reservoir_rows) / np.sum(d.rows.family[d.calibrate] == 0)
    hidden = np.random.default_rng(seed).choice(hidden, int(share * len(hidden)), replace=False)
    mixed = np.concatenate([s.reservoir_rows, hidden])
    return _part(m, mixed[spread_order(len(mixed))])


def _part(m: Measure, at: np.ndarray) -> Part:
    """Return other recent traffic, under tails of its own."""
    return Part(at, Reservoir(m.setting.rows(at), m.setting.artifacts.base))
