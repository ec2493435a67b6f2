"""Compare PSI, ADWIN and change evidence on small portfolios: delay to each alarm, and false alarms."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from rich.table import Table

from benchmarks.drift.detectors import DETECTORS, WATCHED_H, count_alarms, hours_to
from benchmarks.drift.hours import AFTER_DAYS, CHANGE_H, DRIFTS, changed_hours, ordinary_hours
from benchmarks.drift.portfolio import Scorer, draw

CARDS, MERCHANTS = 1_000, 400
ORDINARY_DAYS = 63
WATCHED_DAYS = ORDINARY_DAYS - WATCHED_H // 24
MONTH_DAYS = 30.0
PROGRESS_S = 10.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Portfolio:
    """What the detectors did on one portfolio, by name of the detector."""

    drift: str
    payments: int
    false_alarms: dict[str, int]
    """Alarms in the ordinary days that are watched."""
    after_h: dict[str, float | None]
    """Hours from the change to the alarm; None if it was not raised within two weeks."""


def compare(portfolios: int, seed: int, say: Say) -> dict[str, Any]:
    """Play all portfolios, and return the figures of each drift and detector.

    Args:
        portfolios: number of portfolios; the kinds of drift take turns.
        seed: portfolio n has the seed `seed + n`.
        say: prints a line of progress.

    Returns:
        Figures as plain JSON.
    """
    played = list(_with_progress(portfolios, seed, say))
    return {
        "portfolios": portfolios,
        "cards": CARDS,
        "payments": sum(one.payments for one in played),
        "watched_days": WATCHED_DAYS,
        "ordinary": {name: _false_alarms(name, played) for name in DETECTORS},
        "drifts": {drift.name: _delays(drift.name, played) for drift in DRIFTS},
    }


def _with_progress(portfolios: int, seed: int, say: Say) -> Iterator[Portfolio]:
    began = said = time.monotonic()
    for number in range(portfolios):
        yield play(number, seed)
        now = time.monotonic()
        if now - said >= PROGRESS_S:
            said, left = now, (now - began) / (number + 1) * (portfolios - number - 1)
            say(f"{number + 1} of {portfolios} portfolios, about {left:.0f} s left")


def play(number: int, seed: int) -> Portfolio:
    """Run the detectors on portfolio `number`, first without a change and then with one."""
    payments = draw(seed + number, ORDINARY_DAYS, CARDS, MERCHANTS)
    scorer, drift = Scorer.fit(payments), DRIFTS[number % len(DRIFTS)]
    ordinary, surprise = ordinary_hours(payments, scorer)
    changed = changed_hours(payments, scorer, drift, surprise, np.random.default_rng([seed, number]))
    label = f"portfolio {seed + number}"
    alarms = {name: detect(ordinary, changed, label) for name, detect in DETECTORS.items()}
    return Portfolio(
        drift.name,
        len(payments),
        {name: count_alarms(before) for name, (before, _) in alarms.items()},
        {name: hours_to(after, CHANGE_H) for name, (_, after) in alarms.items()},
    )


def _false_alarms(name: str, played: list[Portfolio]) -> dict[str, float]:
    counts = [one.false_alarms[name] for one in played]
    return {
        "portfolios_with_any": sum(count > 0 for count in counts),
        "alarms_a_month": sum(counts) * MONTH_DAYS / (len(played) * WATCHED_DAYS),
    }


def _delays(drift: str, played: list[Portfolio]) -> dict[str, Any]:
    ones = [one for one in played if one.drift == drift]
    found = {name: [one.after_h[name] for one in ones] for name in DETECTORS}
    return {"portfolios": len(ones), **{name: _delay(hours) for name, hours in found.items()}}


def _delay(hours: list[float | None]) -> dict[str, Any]:
    """Median and ninth decile over all portfolios; None where the alarm came in too few of them."""
    all_ = np.array([np.inf if one is None else one for one in hours])
    quantiles = {
        name: np.quantile(all_, q, method="higher") if len(all_) else np.inf
        for name, q in (("median_h", 0.5), ("p90_h", 0.9))
    }
    shown = {name: float(value) if np.isfinite(value) else None for name, value in quantiles.items()}
    return {"raised": int(np.isfinite(all_).sum()), **shown}


def table(figures: dict[str, Any]) -> Table:
    """Return the figures as a table for the terminal."""
    shown = Table("", *DETECTORS)
    for name, of_drift in figures["drifts"].items():
        n = of_drift["portfolios"]
        shown.add_row(f"{name} ({n})", *(_words(of_drift[detector], n) for detector in DETECTORS))
    ordinary = figures["ordinary"]
    for words, key in (("no change: portfolios with an alarm", "portfolios_with_any"),
                       ("no change: alarms a month", "alarms_a_month")):  # fmt: skip
        shown.add_row(words, *(f"{ordinary[detector][key]:.3g}" for detector in DETECTORS))
    return shown


def _words(delay: dict[str, Any], n: int) -> str:
    hours = [f"over {AFTER_DAYS * 24}" if one is None else f"{one:.0f}" for one in
             (delay["median_h"], delay["p90_h"])]  # fmt: skip
    return f"{hours[0]} / {hours[1]} h, {delay['raised']} of {n}"
