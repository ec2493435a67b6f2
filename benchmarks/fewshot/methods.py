"""Methods compared: baselines, each adapter beside the base, and flagfive's own choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.fewshot.measure import BUDGET, Measure, Outcome, Parts
from benchmarks.fewshot.setting import Episode
from meta.adapters.protocol import Adapter
from meta.adapters.registry import adapter
from meta.adapters.retrain import Retrain
from meta.calibration import Tails
from meta.gate import judge
from meta.reservoir import Reservoir
from meta.stack import ScoringStack
from meta.support import Support
from meta.verdict import Limits

Method = Callable[[Measure, Episode, Parts, int], Outcome]
REVIEWED = 100  # matches that an analyst judges in a look-back
BESIDE_BASE = (
    "logistic", "ridge", "protonet", "relation", "maml", "fomaml", "metasgd", "anil", "reptile", "evidence",
)  # fmt: skip


def base(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with the base alone."""
    return m.outcome(parts.each(lambda r: r.base_surprise))


def oracle(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with boosted trees on every label of the training window, including the held-out family's."""
    return m.outcome(parts.each(lambda r: np.asarray(m.setting.oracle.predict(r.X, raw_score=True))))


def beside_base(name: str) -> Method:
    """Score with an adapter's detector beside the base, each with the same share of the budget."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        scores = _detector_scores(adapter(name, m.setting.artifacts), m, episode, parts, seed)
        tails = Tails.fit(scores[0])
        own = parts.each(lambda r: r.base_surprise)
        return m.outcome([np.maximum(b, tails.surprise(s)) for b, s in zip(own, scores, strict=True)])

    return run


def alone(name: str) -> Method:
    """Score with an adapter's detector without the base."""

    def run(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
        return m.outcome(_detector_scores(adapter(name, m.setting.artifacts), m, episode, parts, seed))

    return run


def retrain(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with boosted trees on all past labels and the flags, as a nightly retrain does."""
    s = m.setting
    weight_of_genuine = 1.0  # genuine rows are a sample; frauds are complete
    model = Retrain(s.artifacts.base.normaliser, s.past_frauds, share=0.25 * weight_of_genuine)
    detector = model.adapt(Support(s.rows(episode.flags)), s.past_genuine, seed=seed)
    return m.outcome(parts.each(lambda r: model.score(detector, r.X)))


def flagfive(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Do as the product does: adapt, calibrate, choose the share on left-out flags and replay sets, gate.

    A detector that the gate keeps as a draft does not score; the base then scores alone.
    """
    return _product(m, m.setting.rows(episode.flags), parts, seed)


def first_second(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with the evidence detector and its share, which is live within a second, before the blend."""
    return _product(m, m.setting.rows(episode.flags), parts, seed, "evidence")


def one_wrong_flag(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with flagfive after one flag of the episode is replaced by an ordinary transaction."""
    flags = m.setting.rows(episode.flags).copy()
    rng = np.random.default_rng((seed, 3))
    flags[rng.integers(len(flags))] = m.setting.rows(rng.choice(m.setting.genuine_rows, 1))[0]
    return _product(m, flags, parts, seed)


def undetected(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score with flagfive calibrated on a reservoir that contains the family's frauds, labelled genuine."""
    dirty = _with_undetected(m, seed)[1]
    flags = m.setting.rows(episode.flags)
    return _product(m, flags, Parts(dirty, parts.genuine, parts.known, parts.later), seed)


def looked_back(m: Measure, episode: Episode, parts: Parts, seed: int) -> Outcome:
    """Score as `undetected` does, after an analyst judges the detector's 100 best matches there."""
    s = m.setting
    dirty = _with_undetected(m, seed)
    made = adapter("evidence-aware", s.artifacts)
    background = parts.reservoir.extend(made, s.rows(s.background_rows))
    detector = made.adapt(Support(dirty[1].extend(made, s.rows(episode.flags))), background, seed=seed)
    best = np.argsort(-dirty[1].scores(made, detector))[:REVIEWED]
    fraud = best[s.data.rows.family[dirty[0][best]] == s.held]
    clean = Reservoir(np.delete(dirty[1].X, fraud, axis=0), s.artifacts.base)
    return _product(m, s.rows(episode.flags), Parts(clean, parts.genuine, parts.known, parts.later), seed)


def _with_undetected(m: Measure, seed: int) -> tuple[np.ndarray, Reservoir]:
    """Return the row indices of a reservoir with the held-out family's frauds, and that reservoir."""
    s = m.setting
    d = s.data
    hidden = d.calibrate[d.rows.family[d.calibrate] == s.held]
    share = len(s.reservoir_rows) / np.sum(d.rows.family[d.calibrate] == 0)
    hidden = np.random.default_rng(seed).choice(hidden, int(share * len(hidden)), replace=False)
    # sorted, so that frauds are spread in time: parts of the reservoir are used separately
    mixed = np.sort(np.concatenate([s.reservoir_rows, hidden]))
    return mixed, Reservoir(s.rows(mixed), s.artifacts.base)


def hardships() -> dict[str, Method]:
    """Return flagfive with wrong flags or undetected frauds, by name in the table."""
    return {
        "flagfive, one flag wrong": one_wrong_flag,
        "flagfive, undetected in reservoir": undetected,
        "flagfive, undetected, 100 reviewed": looked_back,
    }


def _product(m: Measure, flags: np.ndarray, parts: Parts, seed: int, name: str = "blend") -> Outcome:
    """Adapt, calibrate and choose the share; score with the base alone where the gate refuses."""
    s = m.setting
    artifacts = replace(s.artifacts, past=s.past_frauds)
    verdict = judge(
        ScoringStack(artifacts.base, parts.reservoir.base_tails),
        adapter(name, artifacts),
        Support(flags),
        s.past_genuine if name == "blend" else s.rows(s.background_rows),
        parts.reservoir,
        {"known fraud": s.rows(s.replay_rows)},
        seed=seed,
        limits=Limits(budget=BUDGET, allowed_loss=0.008),
    )
    if not verdict.passed:
        return m.outcome(parts.each(lambda r: r.base_surprise))
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
        "flagfive, first second": first_second,
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
