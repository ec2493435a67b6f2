"""Keep the days in which profiles were still filling out of what detectors are calibrated on."""

import time

from sqlalchemy import Engine, func, select

from flagfive.errors import UserError
from settings import Settings
from storage import StorageError, UnitOfWork, open_engine
from storage.retention import Retention, enforce_retention
from storage.scored_transactions import ScoredTransaction

_LOOK_S = 0.2
_RECORDED_WITHIN_S = 60.0


def delete_cold_start(settings: Settings, sent: int, days: float) -> None:
    """Wait until all of the history is recorded, then keep its last `days` days alone.

    An established team has months behind it; a demo begins with cards and merchants that nobody has seen.
    Raises UserError where the recorder does not get that far.
    """
    engine = open_engine(settings.storage.url)
    deadline = time.monotonic() + _RECORDED_WITHIN_S
    try:
        while (recorded := _recorded(engine)) < sent:
            if time.monotonic() > deadline:
                raise UserError(f"{recorded:,} of {sent:,} payments are recorded; see recorder.log")
            time.sleep(_LOOK_S)
        enforce_retention(engine, Retention(transactions_days=days, alerts_days=days), now=time.time())
    finally:
        engine.dispose()


def _recorded(engine: Engine) -> int:
    try:
        with UnitOfWork(engine, reads_only=True) as unit:
            return unit.session.scalar(select(func.count()).select_from(ScoredTransaction)) or 0
    except StorageError:  # the recorder has not made its tables yet
        return 0
