"""Trains base and networks on one period of a file."""

from __future__ import annotations

from collections.abc import Sequence

from features.formulas import WINDOW_FORMULAS
from meta.adapters.declaration import AWARE, LEARNERS
from meta.adapters.registry import needs
from meta.artifacts import Artifacts
from meta.base_training import BaseSettings
from meta.meta_training import MetaSettings
from meta.sampler import Labelled
from meta.training import NamedHistory, TrainingSettings, train_artifacts, with_learners
from replay.progress import Progress, ignore_progress


def train(
    rows: Labelled,
    names: tuple[str, ...],
    families: Sequence[str],
    adapters: Sequence[str],
    *,
    base_steps: int,
    meta_steps: int,
    seed: int,
    held_out: tuple[str, ...] = (),
    report_progress: Progress = ignore_progress,
) -> Artifacts:
    """Train what some adapters need.

    Args:
        rows: Labelled rows of the period.
        names: Names of the features.
        families: Names of the kinds of fraud.
        adapters: Names of the adapters.
        base_steps: Training steps of the base.
        meta_steps: Steps of meta-training.
        seed: Equal seeds give equal artifacts.
        held_out: Kinds of fraud that training does not see.
        report_progress: Takes the progress.
    """
    needed = needs(*adapters)
    history = NamedHistory(names, rows, tuple(families), held_out, formulas=WINDOW_FORMULAS)
    settings = TrainingSettings(
        BaseSettings(steps=base_steps, seed=seed),
        MetaSettings(steps=meta_steps, seed=seed),
        aware=AWARE in needed,
        seed=seed,
    )
    artifacts = train_artifacts(
        history,
        settings,
        report=lambda stage, step, steps, loss: report_progress(f"training {stage}", step, steps),
    )
    return with_learners(artifacts, history, seed=seed) if LEARNERS in needed else artifacts
