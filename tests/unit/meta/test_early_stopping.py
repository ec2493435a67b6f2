"""Meta-training ends when unseen families no longer gain, and keeps the best weights for them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from features.formulas import WINDOW_FORMULAS
from meta.base_training import BaseSettings
from meta.columns import FeatureColumns
from meta.early_stopping import BATCHES, EarlyStopping
from meta.injection import Injector
from meta.meta_training import MetaSettings, meta_train, task_loss
from meta.normaliser import Normaliser
from meta.sampler import Sampler, Task
from meta.training import TrainingSettings, UnfitFamily, train_artifacts
from tests.two_families import NAMES, history

SMALL = MetaSettings(steps=60, tasks=4, learned=4, trunk=8, width=8, layers=1)


class Falling(nn.Module):
    """One weight, moved by hand; the loss is its distance from 3."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def loss(self, _: list[Task]) -> Tensor:
        return (self.weight - 3.0).abs().sum()


def test_it_stops_after_looks_without_gain_and_gives_the_best_weights_back() -> None:
    net, stopping = Falling(), EarlyStopping([[], []], every=10, patience=3)
    for step in range(1, 1_000):
        net.weight.data += 0.1
        if stopping.has_enough(net, step, net.loss):
            break
    assert step == 60
    assert stopping.best_step == 30
    assert len(stopping.losses) == 6
    stopping.restore(net)
    assert float(net.weight.detach()) == pytest.approx(3.0, abs=1e-5)


def sampler(held_out: tuple[int, ...] = ()) -> Sampler:
    rows, injector = history().rows, Injector(FeatureColumns(NAMES), WINDOW_FORMULAS)
    return Sampler(rows, Normaliser.fit(rows.X[rows.family == 0]), injector, held_out, seed=1)


def test_validation_tasks_are_of_the_families_asked_for_alone_and_the_same_each_time() -> None:
    one, other = (EarlyStopping.on(sampler(), (2,)) for _ in range(2))
    assert len(one.batches) == BATCHES
    assert {task.family for tasks in one.batches for task in tasks} == {2}
    np.testing.assert_array_equal(one.batches[3][1].support, other.batches[3][1].support)


def test_what_is_returned_has_the_lowest_validation_loss_of_all_looks() -> None:
    stopping = dataclasses.replace(EarlyStopping.on(sampler(), (2,)), every=20)
    net = meta_train(sampler((2,)), len(NAMES), SMALL, stopping=stopping)
    with torch.no_grad():
        loss = np.mean([float(task_loss(net, tasks)) for tasks in stopping.batches])
    assert loss == pytest.approx(min(stopping.losses), rel=1e-5)
    assert stopping.best_step in (20, 40, 60)


def test_artifacts_say_what_they_were_validated_on() -> None:
    settings = TrainingSettings(
        BaseSettings(steps=20), dataclasses.replace(SMALL, steps=400), genuine_rows=2_000, aware=False
    )
    made = train_artifacts(dataclasses.replace(history(), validation=("two",)), settings)
    told = made.require_evidence().provenance
    assert told["validation"] == ["two"]
    assert told["steps"] in (100, 200)
    assert len(told["validation_losses"]) == 2


@pytest.mark.parametrize(
    ("validation", "held_out", "said"),
    [
        (("three",), (), "no family three; there are: one, two"),
        (("two",), ("two",), "0 frauds of 'two' to validate on, 30 are needed"),
        ((), ("four",), "no family four; there are: one, two"),
    ],
)
def test_families_that_cannot_be_validated_on_are_named(
    validation: tuple[str, ...], held_out: tuple[str, ...], said: str
) -> None:
    with pytest.raises(UnfitFamily, match=said):
        train_artifacts(
            dataclasses.replace(history(), validation=validation, held_out=held_out), TrainingSettings()
        )
