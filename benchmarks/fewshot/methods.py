"""Methods compared: the live default, and baselines beside the base."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.baselines import simple
from benchmarks.baselines.libraries import LIBRARIES, installed
from benchmarks.baselines.protocol import Baseline
from benchmarks.fewshot.hardships import HARDSHIPS
from benchmarks.fewshot.live_path import Flagged, outcome_of, proposed
from benchmarks.fewshot.measure import BUDGET, Measure, Outcome, Part, Parts
from benchmarks.fewshot.setting import Episode, Setting
from meta.adapters.registry import DEFAULT, NAMES, adapter
from meta.adapters.retrain import Retrain
from meta.artifacts import NoArtifacts
from meta.calibration import CEILING, Tails
from meta.support import Support

Method = Callable[[Measure, Episode, Parts, int], Outcome]
_BESIDE: dict[str, Baseline] = {
    "ridge 1.0": simple.ridge(1.0),
    "distance of means": simple.distance_of_means,
    **LIBRARIES,
}
FAST = ("base", "blocklist", "logistic", "ridge", "ridge 1.0", "distance of means", "portfolio", "flagfive")
"""Methods that take at most a second per episode."""
SLOW = dict.fromkeys(
    ("retrain", "trees retrained", "blend", "finetune alone", "xgbod", "deepsad", "prenet"), (5, 20)
)
"""Methods that take many seconds per episode, and the numbers of flags that they run at."""


def base(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with the base alone."""
    return m.outcome(parts, parts.each(lambda part: part.base_surprise))


def oracle(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with boosted trees on every label of the training window, including the held-out family's."""
    trees = m.setting.oracle
    return m.outcome(
        parts, parts.each(lambda part: np.asarray(trees.predict(part.reservoir.X, raw_score=True)))
    )


def blocklist(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Alert every later transaction of a flagged card or merchant, beside the base and its threshold."""
    card, merchant = m.setting.data.rows.card, m.setting.data.merchant

    def score(part: Part) -> np.ndarray:
        blocked = np.isin(card[part.at], card[episode.flags])
        blocked |= np.isin(merchant[part.at], merchant[episode.flags])
        return part.base_surprise + np.where(blocked, CEILING, 0.0)

    alone = float(np.quantile(parts.reservoir.base_surprise, 1 - BUDGET))
    return m.outcome(parts, parts.each(score), threshold=alone)


def adapter_beside_base(name: str) -> Method:
    """Score with an adapter's detector beside the base, each with the same share of the budget, no gate."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        return _beside(m, parts, _adapted(name, m, episode, parts, seed))

    return run


def adapter_alone(name: str) -> Method:
    """Score with an adapter's detector without the base."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        return m.outcome(parts, _adapted(name, m, episode, parts, seed))

    return run


def baseline_beside_base(fit: Baseline) -> Method:
    """Score with a baseline that reads flags and background, beside the base."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        tokens = m.setting.artifacts.base.tokens
        score = fit(tokens(m.setting.rows(episode.flags)), tokens(m.setting.background), seed=seed)
        return _beside(m, parts, parts.each(lambda part: score(part.tokens)))

    return run


def trees_retrained(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with boosted trees on all past labels and the flags, in place of the base: a nightly retrain."""
    s = m.setting
    model = Retrain(s.artifacts.base.normaliser, s.past_frauds)
    detector = model.adapt(Support(s.rows(episode.flags)), s.past_genuine, seed=seed)
    return m.outcome(parts, parts.each(lambda part: model.score(detector, part.reservoir.X)))


def flagfive(name: str = DEFAULT) -> Method:
    """Do as the product does with an adapter; a draft does not score, and the base then scores alone."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        flagged = Flagged(episode.flags, m.setting.rows(episode.flags))
        found = proposed(m.setting, flagged, parts.reservoir, seed=seed, name=name)
        return outcome_of(m, found.verdict, parts)

    return run


METHODS: dict[str, Method] = {
    "base": base,
    "blocklist": blocklist,
    **{name: adapter_beside_base(name) for name in NAMES},
    **{name: baseline_beside_base(fit) for name, fit in _BESIDE.items()},
    "finetune alone": adapter_alone("finetune"),
    "trees retrained": trees_retrained,
    "flagfive": flagfive(),
    **{f"flagfive with {name}": flagfive(name) for name in NAMES if name != DEFAULT},
    **HARDSHIPS,
    "oracle": oracle,
}
"""Every method by its name in the table. The name of an adapter is its detector beside the base, ungated."""
BY_DEFAULT = tuple(name for name in METHODS if not name.startswith("flagfive with"))
"""Methods that run where none are named."""


def missing(name: str, setting: Setting) -> str:
    """Return why a method cannot run in a setting; empty where it can."""
    if name in LIBRARIES and not installed(name):
        return "its library is not installed"
    try:
        adapter(_adapter_of(name), setting.artifacts)
    except NoArtifacts as error:
        return str(error)
    return ""


def _adapter_of(name: str) -> str:
    """Return the adapter that a method needs; one that needs no artifacts where it needs none."""
    if name in NAMES:
        return name
    if name.startswith("flagfive"):
        return name.removeprefix("flagfive with ") if " with " in name else DEFAULT
    return "ridge"


def _beside(m: Measure, parts: Parts, scores: list[np.ndarray]) -> Outcome:
    """Take the larger surprise of base and detector, row by row."""
    tails, own = Tails.fit(scores[0]), parts.each(lambda part: part.base_surprise)
    return m.outcome(parts, [np.maximum(b, tails.surprise(s)) for b, s in zip(own, scores, strict=True)])


def _adapted(name: str, m: Measure, episode: Episode, parts: Parts, seed: int) -> list[np.ndarray]:
    s, recent = m.setting, parts.reservoir.reservoir
    made = adapter(name, s.artifacts)
    flags, background = recent.extend(made, s.rows(episode.flags)), recent.extend(made, s.background)
    detector = made.adapt(Support(flags), background, seed=seed)
    return parts.each(lambda part: part.reservoir.scores(made, detector))
