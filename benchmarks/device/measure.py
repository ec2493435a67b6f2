"""The work that `--device` affects: meta-training of the evidence network, MAML's outer loop, adapting."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.meta.outer_loop import RATE, SIZES, draw, our_learner
from meta.adapters.evidence import BACKGROUND, Evidence
from meta.arrays import Floats
from meta.artifacts import Artifacts
from meta.detector import Detector
from meta.learners.gradient import State
from meta.learners.networks import mlp_params
from meta.meta_training import MetaSettings, task_loss
from meta.networks.evidence import EvidenceNet
from meta.sampler import Task
from meta.support import Support

Figures = dict[str, dict[str, float]]
FLAGS, QUERY, GENUINE, USUAL = 5, 24, 300, 64  # rows of a task, as the sampler draws them
META_TASKS, MAML_TASKS = (8, 64, 512), (64, 512)


def measure(devices: list[str], rounds: int) -> Figures:
    """Return figures by name and device, including a comparison of detectors adapted on different devices."""
    found: Figures = {}
    detectors = {device: _adapted(device) for device in devices}
    for device in devices:
        for tasks in META_TASKS:
            seconds = _median(_meta_step(device, tasks), device, rounds)
            found.setdefault(f"meta-training tasks/s, {tasks} a step", {})[device] = tasks / seconds
        for tasks in MAML_TASKS:
            seconds = _median(_maml_step(device, tasks), device, rounds)
            found.setdefault(f"MAML tasks/s, {tasks} a step", {})[device] = tasks / seconds
        for k in (5, 20):
            seconds = _median(_adapting(device, k), device, rounds)
            found.setdefault(f"adapt, {k} flags, ms", {})[device] = 1e3 * seconds
        table = detectors[device].tensors["table"] - detectors["cpu"].tensors["table"]
        found.setdefault("largest difference of a curve", {})[device] = float(np.abs(table).max())
    return found


def _meta_step(device: str, tasks: int) -> Callable[[], object]:
    """Compute one step of meta-training without the optimiser: loss and gradient of `tasks` tasks."""
    torch.manual_seed(0)
    sizes, width = MetaSettings(), SIZES[0]
    net = EvidenceNet(width, sizes.learned, sizes.trunk, sizes.width, sizes.layers).to(device)
    random = np.random.default_rng(0)

    def rows(count: int) -> Floats:
        return random.standard_normal((count, width)).astype(np.float32)

    drawn = [Task(rows(FLAGS), rows(QUERY), rows(GENUINE), rows(USUAL)) for _ in range(tasks)]

    def step() -> None:
        net.zero_grad()
        torch.autograd.backward(task_loss(net, drawn, device))

    return step


def _maml_step(device: str, tasks: int) -> Callable[[], object]:
    """Compute one second-order meta-gradient."""
    params = {name: value.to(device) for name, value in mlp_params(SIZES, seed=0).items()}
    state, drawn, learner = State.start(params, RATE), draw(tasks, seed=1).to(device), our_learner()
    return lambda: learner.meta_gradient(state, drawn)


def _adapting(device: str, k: int) -> Callable[[], object]:
    """Adapt the shipped network to `k` flags, once with all flags and once without each flag in turn."""
    made, flags, usual = _episode(device, k)
    parts = np.vstack([np.ones((1, k), bool), ~np.eye(k, dtype=bool)])
    return lambda: made.adapt_parts(flags, parts, usual, seed=0)


def _adapted(device: str) -> Detector:
    made, flags, usual = _episode(device, FLAGS)
    return made.adapt(flags, usual, seed=0)


def _episode(device: str, k: int) -> tuple[Evidence, Support, Floats]:
    """Return the shipped adapter on a device, `k` flags and a background of random rows."""
    network = Artifacts.load().require_evidence()
    made, random = Evidence(network, device), np.random.default_rng(k)
    rows = random.standard_normal((k + BACKGROUND, len(network.features))).astype(np.float32)
    return made, Support(rows[:k]), rows[k:]


def _median(work: Callable[[], object], device: str, rounds: int) -> float:
    """Return the median wall time of a round in seconds, measured after the GPU has finished its work."""
    taken = []
    for _ in range(rounds + 2):  # two to warm up
        begun = time.perf_counter()
        work()
        if device != "cpu":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[2:])
