"""Deletes the days in which profiles were still filling, so that no detector is calibrated on them."""

import time

from sqlalchemy import Engine, func, select

from flagfive.errors import UserError
from settings import Settings
from storage import StorageError, UnitOfWork, open_engine
from storage.retention import Retention, enforce_retention
from storage.scored_transactions import ScoredTransaction

_LOOK_S = 0.2
_RECORDED_WITHIN_S = 300.0


def delete_cold_start(settings: Settings, sent: int, days: float) -> None:
    """Wait until the whole history is recorded, then delete all but its last days.

    A real installation has months of history. In a demo every card and merchant is new at first.

    Args:
        settings: the settings.
        sent: number of payments of the history.
        days: days to keep.

    Raises:
        UserError: the recorder does not record the history within 300 s.
    """
    engine = open_engine(settings.storage.url)
    deadline = time.monotonic() + _RECORDED_WITHIN_S
    try:
        while (recorded := _recorded(engine)) < sent:
            if time.monotonic() > deadline:
                raise UserError(
                    f"the recorder stored only {recorded:,} of {sent:,} payments; see recorder.log"
                )
            time.sleep(_LOOK_S)
        enforce_retention(engine, Retention(transactions_days=days, alerts_days=days), now=time.time())
    finally:
        engine.dispose()


def _recorded(engine: Engine) -> int:
    try:
        with UnitOfWork(engine, reads_only=True) as unit:
            return unit.session.scalar(select(func.count()).select_from(ScoredTransaction)) or 0
    except StorageError:  # the recorder has not created its tables yet
        return 0
