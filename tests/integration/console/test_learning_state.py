"""A new installation says on its pages that it learns, how far it is, and what ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, expect

from console.access.passwords import hash_password
from control.change import Change
from control.entry import Kind
from control.envelope import seal
from control.keys import ControlKey
from control.learning import DAYS, JOINT, ROWS
from control.promote import CALIBRATED_ON, HISTORY
from flagfive.processes import Processes
from meta.calibration import CEILING
from recorder.rows import control_row
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.users import User
from tests.browser import Console, start_console, visitor
from tests.integration.console.conftest import environment_of_console, give_password
from tests.integration.console.models_in_force import NAMES, SECRET, quiet_traffic
from tests.integration.console.pages_setup import PASSWORD
from tests.set_up import own_set_up
from tests.small_models import base_change, small_base

BASE = replace(base_change(small_base(names=NAMES), threshold=CEILING), values={CALIBRATED_ON: HISTORY})


@pytest.fixture
def new_installation(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return a database right after `flagfive promote`, with 6,000 transactions of one day."""
    settings = own_set_up(broker, tmp_path_factory.mktemp("learning"), partitions=1)
    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    now, hashed = time.time(), hash_password(PASSWORD)
    with UnitOfWork(engine) as unit:
        unit.users.add(User(name="analyst", role="analyst", password_hash=hashed, created_at=now))
        unit.transactions.add_many(quiet_traffic(now))
        unit.commit()
    engine.dispose()
    record(settings, BASE, 0)
    return settings


@pytest.fixture
def console(new_installation: Settings) -> Iterator[Console]:
    with Processes(new_installation.var / "log") as processes:
        yield start_console(processes, environment_of_console(new_installation))


def record(settings: Settings, change: Change, offset: int) -> None:
    """Store an entry of the control log as the recorder does."""
    key, entry = ControlKey.single(SECRET), change.entry(sequence=offset, time=time.time())
    engine = open_engine(settings.storage.url)
    with UnitOfWork(engine) as unit:
        unit.control.add_many([control_row(seal(entry, key), entry.key, offset, key)])
        unit.commit()
    engine.dispose()


def test_the_pages_show_how_far_learning_is_until_a_calibration_ends_it(
    browser: Browser, console: Console, new_installation: Settings
) -> None:
    person = visitor(browser, console.address)
    give_password(person, "analyst", PASSWORD)
    line = person.page.locator("[data-learning]")
    expect(line).to_contain_text("Learning: 6,000 of 40,000 transactions stored, 1.0 of 2 days.")
    expect(line).to_contain_text("until a calibration")
    expect(line.get_by_role("progressbar")).to_have_attribute("value", "0.15")
    person.open("/monitoring")
    expect(line).to_contain_text("Learning: 6,000 of 40,000")

    parent = BASE.entry(sequence=0, time=0.0).content_hash
    learnt = Change(
        Kind.THRESHOLD, JOINT, "adapter", "fitted", {}, {"threshold": 3.0, ROWS: 50_000, DAYS: 2.5}, parent
    )
    record(new_installation, learnt, 1)
    expect(line).to_have_count(0, timeout=60_000)
    person.open("/")
    expect(person.page.get_by_role("heading", name="Queue")).to_be_visible()
    expect(line).to_have_count(0)
    assert person.errors == []
    person.context.close()
