"""flagfive under hardship: a wrong flag, undetected frauds in recent traffic, and what a review restores."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.fewshot.live_path import Flagged, outcome_of, proposed
from benchmarks.fewshot.measure import Measure, Outcome, Part, Parts
from benchmarks.fewshot.setting import Episode
from meta.reservoir import Reservoir
from meta.review import trimmed
from meta.scored_traffic import spread_order


def one_wrong_flag(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Replace one flag of the episode by an ordinary transaction."""
    rng, at = np.random.default_rng((seed, 3)), episode.flags.copy()
    at[rng.integers(len(at))] = rng.choice(m.setting.genuine_rows)
    found = proposed(m.setting, Flagged(at, m.setting.rows(at)), parts.reservoir, seed=seed)
    return outcome_of(m, found.verdict, parts)


def undetected(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Leave the family's frauds among recent traffic, as if all of it were genuine."""
    dirty = _with_undetected(m, seed)
    return _with(m, episode, replace(parts, reservoir=dirty), seed)


def reviewed(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """As `undetected`; then an analyst judges the look-alikes that the episode asks about, 20 at most."""
    s, dirty = m.setting, _with_undetected(m, seed)
    flagged = Flagged(episode.flags, s.rows(episode.flags))
    review = proposed(s, flagged, dirty, seed=seed).review
    alike = dirty.at[review.rows]
    fraud = s.data.rows.family == s.held
    joined, rejected = (alike[review.asked][fraud[alike[review.asked]] == told] for told in (True, False))
    grown = Flagged(episode.flags, s.rows(np.concatenate([episode.flags, joined])), s.rows(rejected))
    verdicts = {int(at): bool(fraud[at]) for at in alike[review.asked]}
    clean = _part(m, dirty.at[~np.isin(dirty.at, trimmed(alike.tolist(), verdicts))])
    found = proposed(s, grown, clean, seed=seed)
    return outcome_of(m, found.verdict, replace(parts, reservoir=clean))


HARDSHIPS = {
    "flagfive, one flag wrong": one_wrong_flag,
    "flagfive, undetected in reservoir": undetected,
    "flagfive, undetected, 20 reviewed": reviewed,
}


def _with(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    flagged = Flagged(episode.flags, m.setting.rows(episode.flags))
    return outcome_of(m, proposed(m.setting, flagged, parts.reservoir, seed=seed).verdict, parts)


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
