"""The story of a drift: a fifth of the shops sends cents instead of euros, and monitoring raises an alarm."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import msgspec
from sqlalchemy import Engine

from flagfive.demo.story import Story, wait_until
from monitoring.alarms import open_alarms
from monitoring.daily_measurements import PSI
from monitoring.drift import is_watched
from monitoring.periods import DAY_S
from storage import StorageUnavailable, UnitOfWork, open_engine
from storage.measurements import Measurement

# Profiles of 30 days fill in 28 days, then comes a week to compare with, and a day that is compared.
DRIFT_HISTORY_DAYS = 37.0
DRIFT_PART = 3
"""Cards and rate are a third: event time runs as fast, and the longer history has as many payments."""
EXPECTED = ("feature_drift", "change_evidence")
_MEASURED_WITHIN_S = 300.0
_ALARM_WITHIN_S = 300.0

LINES = {
    "ordinary": "traffic is ordinary: monitoring compares {features} features with the week before, "
    "the largest PSI is {psi:.2f} (0.25 is major)",
    "begins": "a drift begins: [b]a fifth of the shops sends cents instead of euros[/b]",
    "alarm": "[b red]{alarm}[/b red] after [b]{days:.1f} days[/b] of event time: {subjects}",
}


class DriftFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Measurements of the story of a drift."""

    transactions_scored: int
    drift_to_alarm_days: dict[str, float]
    """Days of event time from the first drifted payment to each alarm, by alarm."""
    drift_to_alarm_s: float
    """Seconds of the clock to the last of them."""
    subjects: dict[str, list[str]]
    """What each alarm names, the worst first."""
    lost: int
    duplicated: int

    @property
    def succeeded(self) -> bool:
        """Whether every expected alarm was raised."""
        return set(self.drift_to_alarm_days) >= set(EXPECTED)

    def write(self, path: Path) -> None:
        """Write the figures as JSON; create the folder if it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")


@dataclass
class DriftStory(Story):
    """Plays the story of a drift; the processes of the demo and the monitor must run."""

    judged_meanwhile: ClassVar[bool] = True

    async def play(self) -> DriftFigures:
        """Play from the first live payment to the alarms.

        Returns:
            The figures.

        Raises:
            StoryStuck: a step did not happen in time.
        """
        engine = open_engine(self.settings.storage.url)
        try:
            await self._live()
            await self._ordinary(engine)
            began, started = self.traffic.start_drift(), time.monotonic()
            self.view.finish_step(LINES["begins"])
            self.view.start_step("the drift continues until monitoring raises its alarms")
            raised = await self._alarms(engine, began)
            seconds = time.monotonic() - started
        finally:
            engine.dispose()
        await self._drained()
        return DriftFigures(
            transactions_scored=self.observer.scored,
            drift_to_alarm_days={name: days for name, (days, _) in raised.items()},
            drift_to_alarm_s=round(seconds, 1),
            subjects={name: subjects for name, (_, subjects) in raised.items()},
            lost=self.traffic.sent - self.observer.scored,
            duplicated=self.observer.doubled,
        )

    async def _ordinary(self, engine: Engine) -> None:
        """Wait until drift is measured on live traffic, and no alarm is open."""
        self.view.start_step("monitoring compares the last day with the week before")
        live_from = self.traffic.live_from
        psi: dict[str, Measurement] = {}

        def measured() -> bool:
            psi.update(_read(engine, lambda unit: unit.measurements.latest(PSI)))
            if not psi or max(row.time for row in psi.values()) < live_from:
                return False
            return not _read(engine, open_alarms)  # sending a history at once moves the order at merchants

        await wait_until(measured, "monitoring to compare a day without an alarm", _MEASURED_WITHIN_S)
        worst = max(row.value for name, row in psi.items() if is_watched(name))
        self.view.finish_step(LINES["ordinary"].format(features=len(psi), psi=worst))

    async def _alarms(self, engine: Engine, began: float) -> dict[str, tuple[float, list[str]]]:
        """Wait for the expected alarms; return days of event time and subjects, by alarm."""
        raised: dict[str, tuple[float, list[str]]] = {}

        def heard() -> bool:
            for name, row in _read(engine, open_alarms).items():
                subjects = list(row.details["subjects"])
                if name in EXPECTED and name not in raised and any(map(_is_of_amounts, subjects)):
                    raised[name] = (self.traffic.now - began) / DAY_S, subjects
                    self._show(name, *raised[name])
            return set(raised) >= set(EXPECTED)

        await wait_until(heard, "the alarms of the drift", _ALARM_WITHIN_S)
        return raised

    def _show(self, name: str, days: float, subjects: list[str]) -> None:
        shown = ", ".join(subjects[:3]) + (f" and {len(subjects) - 3} more" if len(subjects) > 3 else "")
        alarm = name.replace("_", " ")
        self.view.finish_step(LINES["alarm"].format(alarm=alarm, days=days, subjects=shown))


def _is_of_amounts(subject: str) -> bool:
    """Whether the drift moves this feature; on a busy machine payments out of order move others."""
    return any(part in subject for part in ("amount", "_ratio_", "_deviation_", "_mean_"))


def _read(engine: Engine, read: Callable[[UnitOfWork], dict[str, Measurement]]) -> dict[str, Measurement]:
    """Read in a unit of work; nothing while the database is away."""
    try:
        with UnitOfWork(engine, reads_only=True) as unit:
            return read(unit)
    except StorageUnavailable:
        return {}
