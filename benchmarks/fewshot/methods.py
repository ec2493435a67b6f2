"""What is compared: baselines, each adapter beside the base, and flagfive's own choice."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.fewshot.measure import BUDGET, Measure, Outcome, Parts
from benchmarks.fewshot.setting import Episode
from meta.adapters.protocol import Adapter
from meta.adapters.registry import adapter
from meta.adapters.retrain import Retrain
from meta.calibration import Tails
from meta.choice import choose_detector
from meta.gate import Limits
from meta.reservoir import Reservoir
from meta.stack import ScoringStack
from meta.support import Support

Method = Callable[[Measure, Episode, Parts, int], Outcome]
BESIDE_BASE = (
    "logistic", "ridge", "protonet", "relation", "maml", "fomaml", "metasgd", "anil", "reptile", "evidence",
)  # fmt: skip


def base(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """The base alone."""
    return m.outcome(parts.each(lambda r: r.base_surprise))


def oracle(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Boosted trees with every label of the training window, the held-out family's too."""
    return m.outcome(parts.each(lambda r: m.setting.oracle.predict(r.X, raw_score=True)))


def beside_base(name: str) -> Method:
    """An adapter's detector beside the base, each with the same share of the budget."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        scores = _detector_scores(adapter(name, m.setting.artifacts), m, episode, parts, seed)
        tails = Tails.fit(scores[0])
        own = parts.each(lambda r: r.base_surprise)
        return m.outcome([np.maximum(b, tails.surprise(s)) for b, s in zip(own, scores, strict=True)])

    return run


def alone(name: str) -> Method:
    """An adapter's detector without the base."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        return m.outcome(_detector_scores(adapter(name, m.setting.artifacts), m, episode, parts, seed))

    return run


def retrain(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Boosted trees on all past labels and the flags: the nightly retrain."""
    s = m.setting
    weight_of_genuine = 1.0  # genuine rows are a sample; frauds are all there are
    model = Retrain(s.artifacts.base.normaliser, s.past_frauds, share=0.25 * weight_of_genuine)
    detector = model.adapt(Support(s.rows(episode.flags)), s.past_genuine, seed=seed)
    return m.outcome(parts.each(lambda r: model.score(detector, r.X)))


def flagfive(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """What the product does: adapt, calibrate, choose the share on left-out flags and replay sets, and the
    gate.

    A detector that the gate keeps as a draft does not score: then the base alone stands.
    """
    s = m.setting
    stack = ScoringStack(s.artifacts.base, parts.reservoir.base_tails)
    names = ("evidence", "evidence-aware") if s.artifacts.evidence_aware is not None else ("evidence",)
    verdict = choose_detector(
        stack,
        [adapter(n, s.artifacts) for n in names],
        Support(s.rows(episode.flags)),
        s.rows(s.background_rows),
        parts.reservoir,
        {"known fraud": s.rows(s.replay_rows)},
        seed=seed,
        limits=Limits(budget=BUDGET),
    )
    if not verdict.passed:
        return base(m, episode, parts, seed)
    live = verdict.live

    def score(part: Reservoir) -> np.ndarray:
        return np.maximum(part.base_surprise, part.surprise_of(live) + live.shift)

    return m.outcome(parts.each(score), threshold=verdict.threshold)


def all_methods(*, learners: bool) -> dict[str, Method]:
    """Return every method by its name in the table."""
    taught = {"protonet", "relation", "maml", "fomaml", "metasgd", "anil", "reptile"}
    names = [n for n in BESIDE_BASE if learners or n not in taught]
    beside = {f"base + {n}": beside_base(n) for n in names}
    return {
        "base": base,
        **beside,
        "evidence alone": alone("evidence"),
        "finetune": alone("finetune"),
        "retrain": retrain,
        "flagfive": flagfive,
        "oracle": oracle,
    }


def _detector_scores(
    made: Adapter, m: Measure, episode: Episode, parts: Parts, seed: int
) -> list[np.ndarray]:
    s = m.setting
    flags = parts.reservoir.extend(made, s.rows(episode.flags))
    background = parts.reservoir.extend(made, s.rows(s.background_rows))
    detector = made.adapt(Support(flags), background, seed=seed)
    return parts.each(lambda r: r.scores(made, detector))
