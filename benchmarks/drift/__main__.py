"""`./run bench drift` compares detectors of drift over many portfolios; with --staged, it plays each change.

The staged changes run through a database and the whole monitor, and show every alarm.
"""

import argparse
import json
import logging
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.drift.compare import compare, table
from benchmarks.drift.play import DAY_S, HOUR_S, Played, Player, prepare
from benchmarks.drift.portfolio import START, Payments, Scorer, draw
from benchmarks.drift.stages import STAGES, Labels, Stage

LEARNT_DAYS = 22.0  # no drift alarm is raised earlier, see docs/monitoring.md
CHANGE_DAY = 28.0
WAITED_DAYS = 5.0
MONTH_DAYS = 30.0


@dataclass(frozen=True)
class Seen:
    """Result of a staged change; `after_h` is None if its alarm was not raised within five days."""

    stage: str
    alarm: str
    within_h: float
    after_h: float | None
    of: tuple[str, ...]
    others: tuple[str, ...]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench drift", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--staged", action="store_true", help="play staged changes through the whole monitor")
    parser.add_argument(
        "--portfolios",
        type=int,
        default=200,
        help="portfolios to compare on (default 200: 4 minutes of a core)",
    )
    parser.add_argument(
        "--days",
        type=float,
        default=63.0,
        help="with --staged: of ordinary traffic, 28 or more (default 63: two month ends)",
    )
    parser.add_argument("--seed", type=int, default=11, help="of the portfolio (default 11)")
    return parser.parse_args()


def main() -> None:
    chosen, console = arguments(), Console(stderr=True)
    logging.getLogger("monitoring").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.ERROR)
    started, load = time.perf_counter(), os.getloadavg()[0]
    if chosen.staged:
        payments = draw(chosen.seed, chosen.days)
        scorer = Scorer.fit(payments)
        with tempfile.TemporaryDirectory() as folder:
            measured = measure(Path(folder), payments, scorer, chosen.seed, chosen.days, console)
    else:
        measured = compare(chosen.portfolios, chosen.seed, console.log)
        console.print(table(measured))
    measured["machine"] = {
        "cores": os.cpu_count(),
        "load_before": load,
        "seconds": time.perf_counter() - started,
    }
    print(json.dumps(measured, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(measured, indent=1) + "\n")


def measure(
    folder: Path, payments: Payments, scorer: Scorer, seed: int, days: float, console: Console
) -> dict[str, Any]:
    """Play ordinary weeks up to the change, then each stage from there, then the remaining ordinary weeks."""
    changed_at = START + CHANGE_DAY * DAY_S
    ordinary = Player(
        folder / "ordinary.sqlite", prepare(payments, scorer, Labels(), changed_at, seed), scorer, START
    )
    ordinary.announce_base()
    ordinary.play(changed_at)
    console.log(f"{CHANGE_DAY:.0f} ordinary days played")
    seen = []
    for number, stage in enumerate(STAGES):
        played = staged(payments, scorer, stage, changed_at, seed)
        other = ordinary.branch(folder / f"stage-{number}.sqlite", played)
        seen.append(watch(other, stage, changed_at))
        console.log(f"{stage.name}: {seen[-1].after_h} h")
    ordinary.play(START + days * DAY_S)
    false = [alarm for alarm in ordinary.alarms() if alarm[0] >= START + LEARNT_DAYS * DAY_S]
    early = [alarm for alarm in ordinary.alarms() if alarm[0] < START + LEARNT_DAYS * DAY_S]
    watched = days - LEARNT_DAYS
    console.print(_table(seen))
    return {
        "stages": [asdict(one) for one in seen],
        "ordinary": {
            "days_watched": watched,
            "false_alarms": [{"day": (at - START) / DAY_S, "alarm": a, "of": of} for at, a, of in false],
            "false_alarms_a_month": len(false) * MONTH_DAYS / watched,
            "alarms_while_learning": len(early),
            "transactions": len(payments),
        },
    }


def staged(payments: Payments, scorer: Scorer, stage: Stage, changed_at: float, seed: int) -> Played:
    """Return the payments up to five days after the change, with the stage's changes applied."""
    near = payments.take(payments.time < changed_at + WAITED_DAYS * DAY_S)
    rng = np.random.default_rng([seed, STAGES.index(stage)])
    changed = stage.change(near, near.time >= changed_at, rng)
    return prepare(changed, scorer, stage.labels, changed_at, seed, stage.surprise_more)


def watch(player: Player, stage: Stage, changed_at: float) -> Seen:
    """Continue until the stage's alarm is open, for at most five days."""
    at = player.play(changed_at + WAITED_DAYS * DAY_S, lambda alarms: stage.alarm in alarms)
    raised = [alarm for alarm in player.alarms() if alarm[0] > changed_at]
    of = [subject for _, name, subjects in raised if name == stage.alarm for subject in subjects]
    others = sorted({name for _, name, _ in raised} - {stage.alarm})
    after = None if at is None else (at - changed_at) / HOUR_S
    return Seen(stage.name, stage.alarm, stage.within_h, after, tuple(of), tuple(others))


def _table(seen: list[Seen]) -> Table:
    table = Table("staged", "alarm", "promised within h", "after h", "names", "other alarms until then")
    for one in seen:
        after = "not in five days" if one.after_h is None else f"{one.after_h:.0f}"
        shown = ", ".join(one.of[:3]) + (f" and {len(one.of) - 3} more" if len(one.of) > 3 else "")
        table.add_row(one.stage, one.alarm, f"{one.within_h:.0f}", after, shown, ", ".join(one.others))
    return table


if __name__ == "__main__":
    main()
