"""The console's stores read and write the same on both databases."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import Engine

from storage import UnitOfWork, audit_search
from storage.alert_queue import ASSIGNED, DECIDED, SNOOZED, UNASSIGNED, AlertCounts, AlertFilter
from storage.api_tokens import ApiToken
from storage.audit_search import AuditFilter
from storage.cases import Case, CaseAlert, CaseFilter
from storage.control_entries import ControlEntry
from storage.entity_index import index_entities, key_of
from storage.saved_views import SavedView
from storage.second_factors import SecondFactor
from storage.transaction_search import TransactionFilter
from storage.users import User
from storage.web_sessions import OneTimeLink, WebSession
from tests.contract.stores.conftest import ScoredRow

NOW = 100.0


def add_alerts(unit: UnitOfWork, count: int = 6) -> None:
    """Add alerts t-0 (amount 0, scorer d-0, card c-0) and so on; scorers and cards alternate."""
    unit.alerts.add_many(
        (0, n, f"t-{n}", float(n), "{}", 10.0 * n, 3.0, 3.0 + n, f"d-{n % 2}", f"c-{n % 2}")
        for n in range(count)
    )


def test_the_queue_is_filtered_by_state_and_sorted(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        add_alerts(unit)
        by_id = {alert.transaction_id: alert.id for alert in unit.alerts.newest(10)}
        unit.queue.change([by_id["t-1"]], assignee="ada")
        unit.queue.change([by_id["t-2"]], snoozed_until=NOW + 1)
        unit.alerts.set_status(["t-3"], "confirmed")
        unit.commit()
    expected = {UNASSIGNED: ["t-5", "t-4", "t-0"], ASSIGNED: ["t-1"], SNOOZED: ["t-2"], DECIDED: ["t-3"]}
    with UnitOfWork(engine, reads_only=True) as unit:
        for state, ids in expected.items():
            wanted = AlertFilter(states=(state,))
            page = unit.queue.page(wanted, now=NOW, sort="priority", descending=True, offset=0, limit=10)
            assert [alert.transaction_id for alert in page] == ids
            assert unit.queue.count(wanted, now=NOW) == len(ids)
        both = AlertFilter(states=(SNOOZED, DECIDED), min_amount=20.0, until=2.0, card="c-0")
        assert unit.queue.count(both, now=NOW) == 1
        assert unit.queue.count(replace(both, scorer="d-1"), now=NOW) == 0
        assert unit.queue.count(AlertFilter(after_id=by_id["t-3"]), now=NOW) == 2


def test_alerts_are_tallied_by_scorer(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        add_alerts(unit)
        unit.alerts.set_status(["t-1"], "confirmed")
        unit.alerts.set_status(["t-3"], "rejected")
        assert unit.queue.counts_by_scorer() == {
            "d-0": AlertCounts(3, 0, 0, 0.0, 60.0),
            "d-1": AlertCounts(3, 1, 1, 10.0, 50.0),
        }
        first = unit.queue.first_of("d-1")
        assert first is not None
        assert first.transaction_id == "t-1"
        assert unit.queue.count_from(0, 4) == 2


def test_alerts_are_tallied_by_the_control_offset_they_were_scored_under(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        bodies = ['{"control_offset": 3}', '{"control_offset": 3}', '{"control_offset": 12}', "{}"]
        unit.alerts.add_many(
            (0, n, f"t-{n}", float(n), body, 10.0 * n, 3.0, 3.0, "base", "c") for n, body in enumerate(bodies)
        )
        unit.alerts.set_status(["t-1"], "confirmed")
        assert unit.queue.counts_by_control_offset("base") == {
            3: AlertCounts(2, 1, 0, 10.0, 0.0),
            12: AlertCounts(1, 0, 0, 0.0, 20.0),
        }
        assert unit.queue.counts_by_control_offset("d-1") == {}


def test_transactions_are_found_by_id_entity_amount_time_and_scorer(
    engine: Engine, scored_row: ScoredRow
) -> None:
    index_entities(engine, ["card", "merchant"])
    index_entities(engine, ["card", "merchant"])  # repeating it is harmless
    with UnitOfWork(engine) as unit:
        add_alerts(unit, 2)
        unit.transactions.add_many(
            scored_row(
                offset=n,
                transaction_id=f"t-{n}",
                amount=10.0 * n,
                event_time=float(n),
                entities=json.dumps({"card": f"c-{n % 2}", "merchant": "m'1"}),
            )
            for n in range(5)
        )
        unit.commit()
    cases = [
        (TransactionFilter(text="t-3", kinds=("card", "merchant")), ["t-3"]),
        (TransactionFilter(text="c-1", kinds=("card", "merchant")), ["t-3", "t-1"]),
        (TransactionFilter(entities=(("merchant", "m'1"), ("card", "c-0"))), ["t-4", "t-2", "t-0"]),
        (TransactionFilter(min_amount=20.0, until=3.0), ["t-3", "t-2"]),
        (TransactionFilter(scorer="d-1"), ["t-1"]),
    ]
    with UnitOfWork(engine, reads_only=True) as unit:
        for wanted, ids in cases:
            assert [row.transaction_id for row in unit.search.page(wanted, offset=0, limit=9)] == ids
            assert unit.search.count(wanted) == len(ids)
        assert [row.transaction_id for row in unit.search.latest_of("card", "c-1", 1)] == ["t-3"]


@pytest.mark.parametrize("kind", ["", "Card", "card'", "a" * 32, "card)--"])
def test_a_kind_that_is_no_name_never_becomes_a_statement(kind: str) -> None:
    with pytest.raises(ValueError, match="allowed are a-z"):
        key_of(kind, "sqlite")


def test_a_link_is_used_once_and_a_session_ends(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        user = unit.users.add(User(name="ada", role="lead", created_at=0.0))
        unit.web_sessions.add(OneTimeLink(digest="l", user_id=user.id, expires_at=NOW + 1))
        unit.web_sessions.add(
            WebSession(
                digest="s",
                user_id=user.id,
                csrf="c",
                address="here",
                browser="b",
                created_at=0.0,
                last_seen_at=NOW - 60.0,
                expires_at=NOW + 1,
            )
        )
        unit.commit()
    with UnitOfWork(engine) as unit:
        used = [unit.web_sessions.use_link("l", now=NOW) for _ in range(2)]
        assert [one.name if one else None for one in used] == ["ada", None]
        sessions = unit.web_sessions
        assert sessions.find("s", now=NOW, idle_s=61.0) is not None
        assert sessions.find("s", now=NOW, idle_s=60.0) is None
        assert [one.digest for one in sessions.of_user(user.id, now=NOW, idle_s=61.0)] == ["s"]
        assert sessions.of_user(user.id, now=NOW, idle_s=60.0) == []
        sessions.touch("s", now=NOW)
        assert sessions.find("s", now=NOW, idle_s=60.0) is not None
        sessions.end_all_of(user.id, but="s")
        assert sessions.find("s", now=NOW + 1, idle_s=60.0) is None
        sessions.delete_expired(now=NOW + 1)
        assert sessions.find("s", now=NOW, idle_s=60.0) is None


def test_a_recovery_code_is_used_once_and_goes_with_its_factor(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        user, other = (unit.users.add(User(name=n, role="lead", created_at=0.0)) for n in ("ada", "bob"))
        factors = unit.second_factors
        factors.begin(SecondFactor(user_id=user.id, sealed_secret="s", last_step=0, created_at=0.0))
        assert factors.confirmed() == set()
        factors.add_codes(user.id, ["a", "b"])
        assert not factors.use_code(other.id, "a", now=NOW)
        assert [factors.use_code(user.id, "a", now=NOW) for _ in range(2)] == [True, False]
        assert factors.codes_left(user.id) == 1
        factors.remove(user.id)
        assert factors.of(user.id) is None
        assert factors.codes_left(user.id) == 0
        unit.commit()


def test_failures_are_counted_by_address_and_name_and_forgotten(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        failures, here = unit.sign_in_failures, "192.0.2.7"
        for address, name, time in ((here, "a", 1.0), (here, "b", 2.0), ("2001:db8::7", "a", 2.0)):
            failures.add(address, name, time=time)
        assert failures.times(here, since=0.0) == [1.0, 2.0]
        assert failures.times(here, "a", since=0.0) == [1.0]
        assert failures.times(here, since=1.0) == [2.0]
        failures.delete_before(time=1.0)
        assert failures.times(here, since=0.0) == [2.0]
        failures.forget(here, "b")
        assert failures.times(here, since=0.0) == []
        assert failures.times("2001:db8::7", since=0.0) == [2.0]
        unit.commit()


def test_a_token_counts_until_it_is_revoked_or_expires(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        token = unit.tokens.add(
            ApiToken(
                name="feed", digest="d", scopes=["labels"], author="ada", created_at=0.0, expires_at=NOW + 1
            )
        )
        assert unit.tokens.find("d", now=NOW) is token
        assert unit.tokens.find("d", now=NOW + 1) is None
        token.revoked_at = NOW
        assert unit.tokens.find("d", now=NOW) is None


def test_the_audit_log_is_searched_without_wildcards(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        for number, subject in enumerate(("e-1", "e-12", "100%")):
            unit.audit.append("Ada", "flag", subject=subject, time=float(number))
        found = unit.audit_search
        assert found.count(AuditFilter(subject="E-1", actor="ada")) == 2
        assert [entry.subject for entry in found.page(AuditFilter(about="e-1"), offset=0, limit=9)] == ["e-1"]
        assert found.count(AuditFilter(subject="%")) == 1
        assert [entry.position for entry in found.all(AuditFilter(since=1.0))] == [2, 3]


def test_the_audit_log_is_searched_by_each_of_its_fields(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        ("Ada", "flag", "e-1"),
        ("Bob", "approve", "e-1"),
        ("Ada", "Roll back", "e-12"),
        ("Eve", "flag", "x"),
    ]
    with UnitOfWork(engine) as unit:
        for number, (actor, action, subject) in enumerate(rows, 1):
            unit.audit.append(actor, action, subject=subject, time=float(number))
        unit.commit()
    monkeypatch.setattr(audit_search, "ROWS_PER_FETCH", 2)

    def positions(**terms: object) -> list[int]:
        with UnitOfWork(engine, reads_only=True) as unit:
            wanted = AuditFilter(**terms)  # type: ignore[arg-type]
            found = [entry.position for entry in unit.audit_search.all(wanted)]
            page = unit.audit_search.page(wanted, offset=0, limit=9)
            assert [entry.position for entry in page] == found[::-1]
            assert unit.audit_search.count(wanted) == len(found)
            return found

    assert positions() == [1, 2, 3, 4]
    assert positions(actor="aDA") == [1, 3]
    assert positions(action="ROLL") == [3]
    assert positions(subject="E-1") == [1, 2, 3]
    assert positions(about="e-1") == [1, 2]
    assert positions(since=2.0, until=3.0) == [2, 3]
    assert positions(actor="ada", action="flag") == [1]
    assert positions(actor="_da") == []
    with UnitOfWork(engine, reads_only=True) as unit:
        pages = [unit.audit_search.page(AuditFilter(), offset=offset, limit=3) for offset in (0, 3)]
        assert [[entry.position for entry in page] for page in pages] == [[4, 3, 2], [1]]


def test_the_control_log_is_paged_and_known_at_any_time(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        for offset, (name, retired) in enumerate((("a", False), ("b", False), ("a", True))):
            unit.session.add(
                ControlEntry(
                    control_offset=offset, kind="detector", entry_id=name, content_hash="h", author="ada",
                    reason="", time=float(offset), sequence=offset, retired=retired, value=b"x",
                )
            )  # fmt: skip
        unit.commit()
    with UnitOfWork(engine, reads_only=True) as unit:
        page = unit.control.page(kind="detector", entry_id="a", offset=0, limit=9)
        assert [entry.control_offset for entry in page] == [2, 0]
        assert [entry.entry_id for entry in unit.control.in_force_at(1.5)] == ["a", "b"]
        assert [entry.entry_id for entry in unit.control.in_force_at(2.5)] == ["b"]
        assert (unit.control.newest_offset(), unit.control.latest_offset("detector", "a")) == (2, 2)
        assert [entry.control_offset for entry in unit.control.of_kind("detector")] == [0, 1, 2]
        assert unit.control.of_kind("base") == []
        assert (unit.control.envelope(1), unit.control.envelope(3)) == (b"x", None)
        read = [(name, value) for _, name, value in unit.control.envelopes(["detector"], 1, None)]
        assert read == [("a", b"x"), ("b", b"x")]
        assert [name for _, name, _ in unit.control.envelopes(["detector"], 0, 2)] == ["b", "a"]


def test_cases_and_views_are_kept(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        user = unit.users.add(User(name="ada", role="lead", created_at=0.0))
        case = unit.cases.add(Case(name="ring", author="ada", created_at=0.0, updated_at=0.0))
        case.alerts.append(CaseAlert(alert_id=7, transaction_id="t-7"))
        for query in ({"a": 1}, {"a": 2}):
            unit.views.put(SavedView(user_id=user.id, page="queue", name="mine", query=query))
        unit.commit()
    with UnitOfWork(engine) as unit:
        assert unit.cases.count(CaseFilter(status="open")) == 1
        (found,) = unit.cases.page(CaseFilter(owner=None), offset=0, limit=9)
        assert [part.alert_id for part in found.alerts] == [7]
        assert [view.query for view in unit.views.of_user(user.id)] == [{"a": 2}]
        assert unit.views.remove(user.id, "queue", "mine")
        assert not unit.views.remove(user.id, "queue", "mine")
