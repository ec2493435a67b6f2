"""`./run bench budget`: see `benchmarks.budget`."""

import argparse
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.budget.figures import Figures, figures_of
from benchmarks.budget.policies import Fixed, Integrator, Nightly, Steered
from benchmarks.budget.report import plot, print_table, write_json
from benchmarks.budget.streams import COPIES, DRIFT_DAYS, ScoredStream, drifting, foreign, handbook
from benchmarks.budget.walk import Policy, walk
from benchmarks.fewshot.datasets import Window
from meta.calibration import CEILING
from meta.threshold import first_threshold
from storage.traffic_sample import SIZE

BUDGETS = (0.001, 0.01)
CHOSEN_ON, REPORTED = Window(105, 119), Window(126, 154)
"""Days of Handbook on which constants were chosen, and days that are reported; training ends on day 77."""
STEP_S, COLD_STEP_S = 300.0, 30.0
"""Seconds of event time between decisions; a live worker decides every ten."""
PARTS = ("simulated", "handbook", "cold")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench budget", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="(default: all)")
    parser.add_argument(
        "--budgets", nargs="+", type=float, default=list(BUDGETS), help="shares (default .001 and .01)"
    )
    parser.add_argument(
        "--validation", action="store_true", help="the days of Handbook on which constants were chosen"
    )
    parser.add_argument(
        "--trained", type=Path, metavar="DIR", help="artifacts trained on Handbook days 30-77"
    )
    parser.add_argument("--quick", action="store_true", help="few days: a check that all of it works")
    parser.add_argument("--seed", type=int, default=11, help="of the simulated portfolio (default 11)")
    parser.add_argument("--folder", type=Path, default=Path("var/bench/budget"), help="trained base and plot")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    asked.folder.mkdir(parents=True, exist_ok=True)
    found: list[Figures] = []
    for part in asked.parts:
        stream = _streams(asked)[part]()
        for budget in asked.budgets:
            found += _cold(stream, budget) if part == "cold" else _warm(stream, budget)
            print_table(found[-4:])
    print_table(found)
    plot(found, asked.folder / "budget.png")
    if asked.json:
        write_json(found, asked.json)


def _streams(asked: argparse.Namespace) -> dict[str, Callable[[], ScoredStream]]:
    window = CHOSEN_ON if asked.validation else REPORTED
    if asked.quick:
        window = Window(window.first, window.first + 3)
    return {
        "simulated": partial(drifting, asked.seed, 5 if asked.quick else DRIFT_DAYS),
        "handbook": partial(handbook, asked.folder, window, trained=asked.trained),
        "cold": partial(foreign, 4 if asked.quick else COPIES),
    }


def _warm(stream: ScoredStream, budget: float) -> Iterator[Figures]:
    """Compare policies on an installation whose base is fitted to its traffic."""
    steered = Steered(budget, SIZE, STEP_S)
    policies: dict[str, Policy] = {
        "fixed": Fixed(),
        "nightly": Nightly(budget, SIZE),
        "integrator": Integrator(budget),
        "steered": steered,
    }
    for name, policy in policies.items():
        desk = walk(stream, policy, first_threshold(budget), step_s=STEP_S, seed=0)
        yield figures_of(desk, name, budget, steered.moves if policy is steered else 0)


def _cold(stream: ScoredStream, budget: float) -> Iterator[Figures]:
    """Compare policies from the first payment on."""
    steered = Steered(budget, 0, COLD_STEP_S)
    policies: dict[str, tuple[Policy, float]] = {
        "fixed": (Fixed(), first_threshold(budget)),
        "as it grows": (Nightly(budget, 0), first_threshold(budget)),
        "integrator": (Integrator(budget), first_threshold(budget)),
        "steered": (steered, CEILING),
    }
    for name, (policy, threshold) in policies.items():
        desk = walk(stream, policy, threshold, step_s=COLD_STEP_S, seed=0)
        yield figures_of(desk, name, budget, steered.moves if policy is steered else 0)


if __name__ == "__main__":
    main()
