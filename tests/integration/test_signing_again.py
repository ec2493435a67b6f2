"""A key of the control log is exchanged under live workers: nothing in force changes, and history stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import Engine

from control.announce import Announcer
from control.change import Change
from control.entry import Kind
from control.history import changes_of
from control.keys import ControlKey
from control.log_reader import ControlLog
from control.signing_again import sign_again, signed_entries
from control.snapshot import Snapshot
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from tests.adaptation_worker import record_control
from tests.small_models import base_change, genuine_rows, network_change, small_base, small_network

OLD = ControlKey.single("ed25519:" + "1a" * 32)
NEW = ControlKey.single("ed25519:" + "2b" * 32)
BOTH = ControlKey(NEW.signer, (NEW.signer, OLD.signer))
AFTER = ControlKey(NEW.signer, (NEW.signer,), retired=(OLD.signer,))


@pytest.fixture
def engine(stream_settings: Settings) -> Iterator[Engine]:
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    yield engine
    engine.dispose()


def snapshot_with(settings: Settings, key: ControlKey) -> Snapshot:
    """Return what a worker that starts now has in force."""

    async def read() -> Snapshot:
        log = ControlLog(settings.broker, settings.topics.control, key)
        await log.start()
        await log.stop()
        return log.current

    return asyncio.run(read())


def test_entries_are_signed_again_and_what_scores_is_the_same_to_the_bit(
    stream_settings: Settings, engine: Engine
) -> None:
    """1. Three entries under the old key. 2. Sign again. 3. Retire the old key. 4. History is still read."""
    broker, topic = stream_settings.broker, stream_settings.topics.control
    announcer = Announcer(broker, topic, OLD)
    announcer.announce(network_change(small_network()))
    announcer.announce(base_change(small_base(), threshold=3.0))
    announcer.announce(Change(Kind.THRESHOLD, "joint", "ada", "fitted", {}, {"threshold": 3.7}))
    announcer.close()
    before = snapshot_with(stream_settings, OLD)
    assert snapshot_with(stream_settings, AFTER).base is None  # without signing again, all would be lost

    assert sign_again(broker, topic, BOTH) == 3
    assert sign_again(broker, topic, BOTH) == 0
    assert {one.signed_by for one in signed_entries(broker, topic, BOTH)} == {NEW.id}
    after = snapshot_with(stream_settings, AFTER)
    rows = genuine_rows(200, seed=5)
    assert before.stack is not None
    assert after.stack is not None
    assert np.array_equal(before.stack.score(rows)[0], after.stack.score(rows)[0])
    assert (before.threshold, after.threshold) == (3.7, 3.7)
    entry = after.applied[b"threshold/joint"].entry
    assert (entry.author, entry.reason, entry.place) == ("ada", "fitted", 2)

    record_control(stream_settings, engine, BOTH)
    with UnitOfWork(engine, reads_only=True) as unit:
        stored = unit.control.all()
    assert [one.offset for one in changes_of(stored, AFTER)] == [0, 1, 2, 3, 4, 5]
