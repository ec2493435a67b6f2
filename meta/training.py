"""Trains the artifacts that score live traffic: base, evidence, and evidence that reads the base."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from meta.arrays import Floats, Rows
from meta.artifacts import Artifacts
from meta.base import BaseModel
from meta.base_training import BaseSettings, History, train_base
from meta.calibration import Tails
from meta.columns import FeatureColumns
from meta.crossfit import CrossFit
from meta.draft import ProfileFormulas
from meta.early_stopping import EarlyStopping
from meta.evidence_model import EvidenceModel
from meta.families import cluster_families
from meta.injection import Derive, Injector
from meta.learner_training import LearnerSettings, train_learners
from meta.meta_training import MetaSettings, meta_train
from meta.sampler import FEWEST_OF_FAMILY, Labelled, Sampler
from meta.unsupervised import unsupervised_base

_PAST = 2_000  # rows, a third of a megabyte
_FEWEST_LATE = 10_000  # genuine rows of the last 28 days; with fewer, tails are fitted to all
_CALIBRATION_S = 28 * 86_400.0  # a week of a small portfolio is too short for a budget of 0.1%
Report = Callable[[str, int, int, float], None]


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of all stages.

    Attributes:
        base: Of the base.
        meta: Of meta-training; the network blind to the base gets half of the steps.
        genuine_rows: Most genuine rows that take part.
        aware: Whether to train a network that reads the base's surprise.
        seed: Seed of all that is drawn.
    """

    base: BaseSettings = field(default_factory=BaseSettings)
    meta: MetaSettings = field(default_factory=MetaSettings)
    genuine_rows: int = 150_000
    aware: bool = True
    seed: int = 0


class UnfitFamily(ValueError):
    """A family that is missing in the history, or has too few frauds."""


@dataclass(frozen=True)
class NamedHistory:
    """Labelled history with the names of its features and families; `names` says what family i + 1 is called.

    Family -1 marks a confirmed fraud of a kind without a name.
    """

    features: tuple[str, ...]
    rows: Labelled
    names: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()
    formulas: ProfileFormulas = field(kw_only=True)
    """How the features of a window are computed: synthetic patterns are injected with them."""
    validation: tuple[str, ...] = ()
    """Families that meta-training does not see and that say when it stops; the base knows them."""

    def numbers(self, names: tuple[str, ...]) -> tuple[int, ...]:
        """Return the numbers of families by name.

        Raises:
            UnfitFamily: The history has no family of that name.
        """
        unknown = sorted(set(names) - set(self.names))
        if unknown:
            raise UnfitFamily(f"no family {', '.join(unknown)}; there are: {', '.join(self.names) or 'none'}")
        return tuple(self.names.index(name) + 1 for name in names)


def train_artifacts(
    history: NamedHistory,
    settings: TrainingSettings = TrainingSettings(),
    *,
    derive: Derive | None = None,
    report: Report | None = None,
    checkpoints: Path | None = None,
    device: str = "cpu",
) -> Artifacts:
    """Train base, evidence, and evidence aware of the base.

    Families that the history holds out take no part. Equal history and settings give equal bytes on one
    device.

    Args:
        history: Labelled history.
        settings: Settings of all stages.
        derive: Computes derived features of injected patterns.
        report: Called with stage, step, number of steps and loss.
        checkpoints: Folder for the checkpoint of the base, from which training resumes.
        device: Where torch computes.

    Returns:
        The artifacts, without gradient and metric learners.

    Raises:
        UnfitFamily: A family that is held out is missing or too small.
        NoFraud: The history lacks frauds or genuine rows.
    """
    kept = _without_held_out(history)
    validation = _validation(history, kept)
    base = _base(history, kept, settings, report, checkpoints, device)
    rows = _with_clusters(kept, base, settings.seed)
    sampler = Sampler(rows, base.normaliser, _injector(history, derive), validation, seed=settings.seed)
    short = replace(settings, meta=replace(settings.meta, steps=settings.meta.steps // 2))
    blind = _evidence("evidence", sampler, history, base, short, report, device)
    if not settings.aware:
        return Artifacts(base, blind, past=_past_frauds(rows, settings.seed), tails=late_tails(base, kept))
    part = _sample(rows, settings.genuine_rows, settings.seed)
    part = part[part % 2 == 0]  # the other half is where known frauds are drawn from
    crossfit = CrossFit.fit(base.normaliser(rows.X[part]), rows.family[part], seed=settings.seed)
    sampler = replace(sampler, crossfit=crossfit)
    aware = _evidence("evidence-aware", sampler, history, base, settings, report, device)
    past = _past_frauds(rows, settings.seed)
    return Artifacts(base, blind, aware, past=past, tails=late_tails(base, kept))


def unsupervised_artifacts(history: NamedHistory) -> Artifacts:
    """Fit a base to the rows of a history without their labels; no evidence network is trained.

    Raises:
        TooFewRows: There are fewer than 1,000 rows.
    """
    rows = history.rows
    seconds = (float(rows.seconds[0]), float(rows.seconds[-1])) if len(rows.X) else (0.0, 0.0)
    base = unsupervised_base(history.features, rows.X, seconds)
    return Artifacts(base, tails=late_tails(base, replace(rows, family=np.zeros(len(rows.X), np.int64))))


def late_tails(base: BaseModel, rows: Labelled) -> Tails:
    """Fit the base's tails to the genuine rows of the last 28 days, or to all if those are under 10,000."""
    genuine = rows.family == 0
    late = genuine & (rows.seconds >= rows.seconds[-1] - _CALIBRATION_S)
    chosen = late if late.sum() >= _FEWEST_LATE else genuine
    return Tails.fit(base.score(rows.X[chosen]))


def _injector(history: NamedHistory, derive: Derive | None = None) -> Injector:
    return Injector(FeatureColumns(history.features), history.formulas, derive)


def _without_held_out(history: NamedHistory) -> Labelled:
    out, rows = history.numbers(history.held_out), history.rows
    keep = ~np.isin(rows.family, out)
    return Labelled(rows.X[keep], rows.family[keep], rows.card[keep], rows.seconds[keep])


def _base(
    history: NamedHistory,
    rows: Labelled,
    settings: TrainingSettings,
    report: Report | None,
    checkpoints: Path | None,
    device: str,
) -> BaseModel:
    part = _sample(rows, settings.genuine_rows, settings.seed)
    fraud = rows.family[part] != 0
    genuine_weight = np.sum(rows.family == 0) / max(np.sum(~fraud), 1)
    weight = np.where(fraud, 1.0, genuine_weight)
    period = (float(rows.seconds[0]), float(rows.seconds[-1]))
    data = History(history.features, rows.X[part], fraud, weight, period, history.held_out)
    told = None if report is None else lambda step, steps, loss: report("base", step, steps, loss)
    at = None if checkpoints is None else checkpoints / "base.checkpoint"
    return train_base(data, settings.base, progress=told, checkpoint=at, device=device)


def _evidence(
    stage: str,
    sampler: Sampler,
    history: NamedHistory,
    base: BaseModel,
    settings: TrainingSettings,
    report: Report | None,
    device: str,
) -> EvidenceModel:
    told = None if report is None else lambda step, steps, loss: report(stage, step, steps, loss)
    tokens = base.normaliser.tokens + int(sampler.crossfit is not None)
    stopping = _stopping(sampler) if sampler.held_out else None
    net = meta_train(sampler, tokens, settings.meta, progress=told, stopping=stopping, device=device)
    provenance = {
        "base": base.content_hash,
        "data_hash": base.provenance.data_hash,
        "held_out": list(history.held_out),
        "seed": settings.meta.seed,
        "steps": settings.meta.steps if stopping is None else stopping.best_step,
    }
    if stopping is not None:
        provenance |= {"validation": list(history.validation), "validation_losses": stopping.losses}
    return EvidenceModel.of(net, history.features, base.normaliser, provenance)


def _validation(history: NamedHistory, rows: Labelled) -> tuple[int, ...]:
    """Numbers of the validation families, each with enough frauds left to draw episodes of."""
    numbers = history.numbers(history.validation)
    for name, number in zip(history.validation, numbers, strict=True):
        if (frauds := int(np.sum(rows.family == number))) < FEWEST_OF_FAMILY:
            raise UnfitFamily(f"{frauds} frauds of {name!r} to validate on, {FEWEST_OF_FAMILY} are needed")
    return numbers


def _stopping(sampler: Sampler) -> EarlyStopping:
    """Return early stopping on the families that `sampler` holds out; another sampler draws their tasks."""
    families = sampler.held_out
    return EarlyStopping.on(replace(sampler, held_out=(), seed=sampler.seed + 1), families)


def _with_clusters(rows: Labelled, base: BaseModel, seed: int) -> Labelled:
    """Cluster the frauds without a named family; clusters are numbered after the named families."""
    nameless = np.flatnonzero(rows.family < 0)
    if len(nameless) == 0:
        return rows
    family = rows.family.copy()
    first = max(int(rows.family.max()), 0)
    family[nameless] = first + cluster_families(base.tokens(rows.X[nameless]), seed=seed)
    return replace(rows, family=family)


def _past_frauds(rows: Labelled, seed: int) -> Floats:
    """Return up to 2,000 confirmed frauds, for boosted trees and replay sets."""
    fraud = np.flatnonzero(rows.family != 0)
    if len(fraud) > _PAST:
        fraud = np.sort(np.random.default_rng(seed).choice(fraud, _PAST, replace=False))
    return rows.X[fraud]


def _sample(rows: Labelled, genuine: int, seed: int) -> Rows:
    """Return all frauds and `genuine` of the others, in order of time."""
    others = np.flatnonzero(rows.family == 0)
    if len(others) > genuine:
        others = np.random.default_rng(seed).choice(others, genuine, replace=False)
    return np.sort(np.concatenate([np.flatnonzero(rows.family != 0), others]))


def with_learners(
    artifacts: Artifacts, history: NamedHistory, *, seed: int = 0, device: str = "cpu"
) -> Artifacts:
    """Return the artifacts with the gradient and metric learners trained on the same history."""
    rows = _with_clusters(_without_held_out(history), artifacts.base, seed)
    unseen = history.numbers(history.validation)
    sampler = Sampler(rows, artifacts.base.normaliser, _injector(history), unseen, seed=seed)
    learners = train_learners(sampler, history.features, LearnerSettings(seed=seed), device=device)
    return replace(artifacts, learners=learners)
