"""An empty console says what to do next, and a demo's console suggests payments to flag."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from console.context import ConsoleContext
from contracts.suggested_flags import FILE, SuggestedFlags, read_suggested_flags, write_suggested_flags
from settings import Settings
from storage.episodes import LIVE
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import add_stored
from tests.unit.console.test_episodes import add_episode

FLAGS = SuggestedFlags("night fuel", "fuel at night", ("tx-5", "tx-6", "tx-7", "tx-8", "tx-9"))


@pytest.fixture
def context(context: ConsoleContext, tmp_path: Path) -> ConsoleContext:
    return replace(context, settings=Settings(var=tmp_path))


def test_an_empty_console_names_every_step_and_ticks_what_is_done(
    person: Callable[[str], Person], context: ConsoleContext
) -> None:
    viewer = person("viewer")
    before = viewer.get("/first-steps").json()
    assert [one["done"] for one in before["steps"]] == [True, False, False, False]
    assert "flagfive produce" in before["steps"][2]["command"]
    add_stored(context)
    add_episode(context, LIVE)
    after = viewer.get("/first-steps").json()
    assert [one["done"] for one in after["steps"]] == [True, False, True, True]
    assert after["suggested"] is None


def test_payments_are_suggested_once_they_are_stored_and_until_one_is_flagged(
    person: Callable[[str], Person], context: ConsoleContext
) -> None:
    analyst = person("analyst")
    write_suggested_flags(context.settings.var, FLAGS)
    assert analyst.get("/first-steps").json()["suggested"] is None
    add_stored(context)
    suggested = analyst.get("/first-steps").json()["suggested"]
    assert (suggested["pattern"], suggested["ids"]) == ("night fuel", list(FLAGS.ids))
    add_episode(context, LIVE)  # of tx-1 and tx-2
    write_suggested_flags(context.settings.var, replace_first(FLAGS))
    assert analyst.get("/first-steps").json()["suggested"] is None


def replace_first(flags: SuggestedFlags) -> SuggestedFlags:
    return SuggestedFlags(flags.pattern, flags.recipe, ("tx-1", *flags.ids[1:]))


def test_a_file_that_cannot_be_read_suggests_nothing(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b'{"pattern": 1}')
    assert read_suggested_flags(tmp_path) is None
