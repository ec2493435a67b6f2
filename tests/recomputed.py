"""Recomputes the scores of a run from what is stored, as `flagfive recompute` does."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from sqlalchemy import Engine

from control.history import snapshot_of
from control.snapshot import Snapshot
from recorder.rows import scored_rows
from storage import UnitOfWork
from storage.scored_transactions import COLUMNS, ScoredTransaction
from stream.scoring.recompute import Recomputed, recompute
from tests.adaptation_worker import KEY


def recomputed(messages: list[bytes], engine: Engine) -> list[Recomputed]:
    """Recompute the rows of messages of the topic `scored`, under the recorded control log."""
    rows = [
        ScoredTransaction(**values | {"entities": msgspec.json.decode(values["entities"])})
        for message in messages
        for values in (dict(zip(COLUMNS, row, strict=True)) for row in scored_rows(bytes(message)))
    ]
    with UnitOfWork(engine, reads_only=True) as unit:

        @lru_cache
        def at(offset: int) -> Snapshot:
            return snapshot_of(unit.control.up_to(offset), KEY)

        again = list(recompute(rows, at))
    assert len(again) == len(rows)
    return again
