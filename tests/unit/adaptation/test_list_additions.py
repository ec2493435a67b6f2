"""What live rules add to lists: once, for a time, within a bound, and noted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from adaptation.intake.list_hits import Hit
from adaptation.upkeep.list_additions import MOST_WAITING, WINDOW_S, ListAdditions, added_since
from contracts.metrics import adaptation as metrics
from contracts.standing_policy import StandingPolicy
from rules.lists.bucket import Listed
from rules.lists.definition import ListLimits
from storage import UnitOfWork, migrate, open_engine
from storage.audit_log import AuditEntry
from tests.named_lists import WIDE, list_changes, table_of
from tests.small_models import base_change, small_base
from tests.unit.adaptation.worker_in_memory import WorkerInMemory
from tests.written_rules import rule_change

DAY_S = 86_400.0
AT = 1.7e9
BOUND = 3


class HitsInMemory:
    """Gives what was put into it, and keeps what was committed."""

    def __init__(self) -> None:
        self.coming: list[Hit] = []
        self.waiting: Mapping[int, int] = {}

    def poll(self) -> list[Hit]:
        came, self.coming = self.coming, []
        return came

    def commit(self, waiting: Mapping[int, int]) -> None:
        self.waiting = waiting


class Team:
    """A list `watched`, a rule `r` that adds cards to it for a day, and a clock."""

    def __init__(self, engine: Engine, **rule: object) -> None:
        self.worker = WorkerInMemory(engine, StandingPolicy(), network=False)
        self.worker.log.announce(base_change(small_base(names=WIDE)))
        self.worker.log.announce(*list_changes("watched", of="card"))
        terms = {"action": "add_to_list", "to_list": "watched", "entity": "card", "lasting": "1d", **rule}
        self.worker.log.announce(rule_change("r", "amount > 20", note="large", **terms))
        self.worker.context.lists = ListLimits(added_a_minute=BOUND)
        self.worker.context.clock = lambda: self.now
        self.hits, self.now, self.offset = HitsInMemory(), AT, 0
        self.additions = ListAdditions(self.worker.context, self.hits)

    def hit(self, *keys: str, at: float = AT, rule: str = "r", name: str = "watched") -> None:
        for key in keys:
            self.hits.coming.append(Hit(rule, name, key, at, (0, self.offset)))
            self.offset += 1

    def turn(self, after_s: float = 0.0) -> None:
        self.now += after_s
        self.additions.turn()

    def listed(self) -> dict[str, Listed]:
        table = self.worker.log.refresh().lists.by_name["watched"]
        return {key.decode(): one for key, one in table.items()}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    engine = open_engine(f"sqlite:///{Path(tmp_path_factory.mktemp('lists')) / 'lists.sqlite'}")
    migrate.upgrade(engine)
    return engine


def outcomes(outcome: str) -> float:
    return float(metrics.LIST_ADDITIONS.labels(outcome)._value.get())


def test_a_hit_puts_the_card_on_the_list_for_its_time_and_is_noted(engine: Engine) -> None:
    team = Team(engine)
    team.hit("c1", at=AT - 5.0)
    team.turn()
    assert team.listed() == {"c1": Listed(AT - 5.0 + DAY_S, "large", "rule r", "rule/r", AT)}
    with UnitOfWork(engine, reads_only=True) as unit:
        entry = unit.session.scalars(select(AuditEntry)).all()[-1]
    assert (entry.actor, entry.action, entry.subject) == ("rule/r", "list", "list/watched")
    assert (entry.details["put"], entry.details["rule"]) == (1, "r")
    assert "c1" not in str(entry.details)
    assert team.hits.waiting == {}


def test_a_repeat_announces_nothing_until_the_entry_has_ended(engine: Engine) -> None:
    team = Team(engine)
    team.hit("c1")
    team.turn()
    announced, repeated = len(team.worker.log.announced), outcomes("repeated")
    team.hit("c1", "c1", at=AT + DAY_S - 1.0)
    team.turn(after_s=5.0)
    assert len(team.worker.log.announced) == announced
    assert outcomes("repeated") == repeated + 2
    team.hit("c1", at=AT + DAY_S)
    team.turn(after_s=5.0)
    assert team.listed()["c1"].until == AT + 2 * DAY_S


@pytest.mark.parametrize("until", [None, AT + 60.0])
def test_what_a_person_has_listed_stays_as_it_is(engine: Engine, until: float | None) -> None:
    team = Team(engine)
    team.worker.log.announce(*list_changes("watched", "c1", of="card", until=until, reason="theft"))
    before = team.listed()
    team.hit("c1")
    team.turn()
    assert team.listed() == before


def test_what_is_over_the_bound_waits_and_is_not_committed(engine: Engine) -> None:
    team = Team(engine)
    team.hit("c0", "c1", "c2", "c3", "c4")
    team.turn()
    assert sorted(team.listed()) == ["c0", "c1", "c2"]
    assert team.hits.waiting == {0: 3}
    assert metrics.LIST_ADDITIONS_WAITING._value.get() == 2
    team.turn(after_s=WINDOW_S - 1.0)
    assert len(team.listed()) == BOUND
    team.turn(after_s=2.0)
    assert sorted(team.listed()) == ["c0", "c1", "c2", "c3", "c4"]
    assert team.hits.waiting == {}


def test_more_than_may_wait_is_refused(engine: Engine) -> None:
    team, refused = Team(engine), outcomes("refused")
    team.hit(*(f"c{number}" for number in range(MOST_WAITING + 7)))
    team.turn()
    assert outcomes("refused") == refused + 7


def test_nothing_waits_for_a_list_that_is_full(engine: Engine) -> None:
    team, refused = Team(engine), outcomes("refused")
    team.worker.context.lists = ListLimits(most_values=1)
    team.hit("c1", "c2")
    team.turn()
    team.turn(after_s=2.0)
    assert list(team.listed()) == ["c1"]
    assert outcomes("refused") == refused + 1
    assert team.hits.waiting == {}


@pytest.mark.parametrize("key", ["4111111111111111", "two\nlines", "x" * 300])
def test_an_id_that_cannot_be_on_a_list_is_refused(engine: Engine, key: str) -> None:
    team, refused = Team(engine), outcomes("refused")
    team.hit(key)
    team.turn()
    assert team.listed() == {}
    assert outcomes("refused") == refused + 1


@pytest.mark.parametrize("rule", [{"mode": "shadow"}, {"to_list": "others"}])
def test_a_rule_that_no_longer_adds_to_the_list_adds_nothing(engine: Engine, rule: dict[str, str]) -> None:
    team, outdated = Team(engine), outcomes("outdated")
    team.worker.log.announce(*list_changes("others", of="card"))
    terms = {"action": "add_to_list", "to_list": "watched", "entity": "card", "lasting": "1d", **rule}
    team.worker.log.announce(rule_change("r", "amount > 20", **terms))
    team.hit("c1")
    team.hit("c2", rule="gone")
    team.turn()
    assert team.listed() == {}
    assert outcomes("outdated") == outdated + 2


def test_two_rules_add_to_one_list_one_after_the_other(engine: Engine) -> None:
    team = Team(engine)
    terms = {"action": "add_to_list", "to_list": "watched", "entity": "card", "lasting": "1h"}
    team.worker.log.announce(rule_change("s", "amount > 30", **terms))
    team.hit("c1")
    team.hit("c2", rule="s")
    team.turn()
    team.turn(after_s=0.1)
    assert {key: one.by for key, one in team.listed().items()} == {"c1": "rule/r", "c2": "rule/s"}


STEPS = st.lists(st.tuples(st.integers(0, 9), st.floats(0.0, 40.0)), min_size=1, max_size=40)


@settings(max_examples=25, deadline=None)
@given(STEPS)
def test_never_more_than_the_bound_in_any_minute_and_each_entity_once(
    engine: Engine, steps: list[tuple[int, float]]
) -> None:
    team, before = Team(engine), outcomes("added")
    for number, (card, pause) in enumerate(steps):
        team.hit(f"c{card}", f"d{number}")
        team.turn(after_s=pause)
    added = sorted(one.added for one in team.listed().values())
    for at, first in enumerate(added[:-BOUND]):
        assert added[at + BOUND] - first >= WINDOW_S
    assert outcomes("added") - before == len(added)


def test_values_of_people_do_not_count_against_the_bound() -> None:
    listed = {b"a": Listed(by="ada", added=10.0), b"b": Listed(by="rule/r", added=10.0)}
    assert added_since(table_of(listed), 5.0) == 1
    assert added_since(table_of(listed), 10.0) == 0
