"""Only who may ask is heard: unsigned, forged, replayed, stale and unauthorised requests change nothing."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from adaptation.context import AdaptationContext
from adaptation.intake.admitting import (
    AHEAD_S,
    LOG_APPEND_TIME,
    Admitted,
    Intake,
    ReusedId,
    Stale,
    Unreadable,
)
from contracts.answer import Answer
from contracts.request import Request
from contracts.signing.keys import KeyPair
from contracts.signing.principals import (
    ADAPTER,
    COMMAND_LINE,
    CONSOLE,
    PROCESSES,
    WORKER,
    Known,
    Principal,
    Registry,
)
from contracts.signing.trust import Forged, NotAllowed, Trust, Unsigned
from tests.unit.adaptation.few_transactions import NOW as FEW_NOW
from tests.unit.adaptation.few_transactions import few_context
from tests.unit.adaptation.worker_in_memory import a_flag, set_policy

TOPIC, FRESH_S, NOW = "feedback", 900.0, 1_795_000_000.0
SIGNERS = (CONSOLE, COMMAND_LINE, WORKER, ADAPTER, "feed")
KEYS = {name: KeyPair.of_seed(bytes([place]) * 32) for place, name in enumerate(SIGNERS)}
PRINCIPALS = (*PROCESSES, Principal("feed", ("label",)))
REGISTRY = Registry([Known(one, KEYS[one.name]) for one in PRINCIPALS if one.name in KEYS], PRINCIPALS)
INTAKE = Intake(TOPIC, Trust(ADAPTER, KEYS[ADAPTER], REGISTRY), FRESH_S)


def record(request: Request, by: str = CONSOLE, *, at: float = NOW, **changes: Any) -> Any:
    """Return a record that arrives at `NOW`, signed by a principal at `at`."""
    value, key = msgspec.json.encode(request), request.request_id.encode()
    headers = Trust(by, KEYS[by], REGISTRY, clock=lambda: at).signed(TOPIC, key, value)
    given = {"key": key, "value": value, "headers": headers, "offset": 7}
    return SimpleNamespace(**given | {"timestamp": 1e3 * NOW, "timestamp_type": LOG_APPEND_TIME} | changes)


def by_a(role: str, kind: str = "flag", **fields: Any) -> Request:
    return a_flag(kind, role=role, signed_in="session", **fields)


@pytest.fixture
def context(few: Engine) -> AdaptationContext:
    return few_context(few)


def admit(context: AdaptationContext, one: Any) -> Admitted:
    return INTAKE.admit(context, one)


def test_a_signed_in_user_is_heard_as_far_as_the_role_goes(context: AdaptationContext) -> None:
    assert admit(context, record(by_a("analyst"))).request.author == "ada"
    assert admit(context, record(by_a("lead", "approve", request_id="r-2"))).request.kind == "approve"
    for role, kind in (("analyst", "approve"), ("machine", "rollback"), ("auditor", "label"), ("", "flag")):
        with pytest.raises(NotAllowed, match=f"may not {kind}"):
            admit(context, record(by_a(role, kind, request_id="r-3")))


def test_an_unsigned_approval_is_refused(context: AdaptationContext) -> None:
    with pytest.raises(Unsigned):
        admit(context, record(by_a("lead", "approve"), headers=[]))


def test_a_changed_body_is_refused(context: AdaptationContext) -> None:
    other = msgspec.json.encode(by_a("lead", author="eve"))
    with pytest.raises(Forged):
        admit(context, record(by_a("lead"), value=other))


def test_processes_that_do_not_ask_cannot_ask(context: AdaptationContext) -> None:
    with pytest.raises(NotAllowed, match="worker may not flag"):
        admit(context, record(by_a("lead"), WORKER))


def test_a_feed_speaks_for_itself_and_only_labels(context: AdaptationContext) -> None:
    assert admit(context, record(a_flag("label", author="feed"), "feed")).request.author == "feed"
    with pytest.raises(NotAllowed, match="the author must be 'feed'"):
        admit(context, record(a_flag("label", request_id="r-2"), "feed"))
    with pytest.raises(NotAllowed, match="feed may not approve; allowed are: label"):
        admit(context, record(a_flag("approve", author="feed", request_id="r-2"), "feed"))


def test_under_four_eyes_a_key_that_writes_any_author_cannot_approve(
    context: AdaptationContext, few: Engine
) -> None:
    approval = a_flag("approve", author="bob")
    assert admit(context, record(approval, COMMAND_LINE)).request.author == "bob"
    set_policy(few, four_eyes=True)
    with pytest.raises(NotAllowed, match="a key of your own"):
        admit(context, record(a_flag("approve", author="bob", request_id="r-2"), COMMAND_LINE))


@pytest.mark.parametrize("kind", ["rule", "policy"])
def test_under_four_eyes_what_a_second_person_releases_has_a_verified_author(
    context: AdaptationContext, few: Engine, kind: str
) -> None:
    asked = a_flag(kind, author="bob", fraud=())
    assert admit(context, record(asked, COMMAND_LINE)).request.author == "bob"
    set_policy(few, four_eyes=True)
    with pytest.raises(NotAllowed, match="--author cli"):
        admit(context, record(a_flag(kind, author="bob", fraud=(), request_id="r-2"), COMMAND_LINE))
    own = a_flag(kind, author=COMMAND_LINE, fraud=(), request_id="r-3")
    assert admit(context, record(own, COMMAND_LINE)).request.author == COMMAND_LINE


def test_a_repeat_is_answered_as_before_and_is_not_handled_again(context: AdaptationContext) -> None:
    first = record(by_a("lead", "retire"))
    assert admit(context, first).earlier is None
    answer = Answer("r-1", "retired", "episode is retired", control_offset=9)
    INTAKE.note(context, answer)
    assert admit(context, first) == Admitted(by_a("lead", "retire"), answer)
    late = record(by_a("lead", "retire"), timestamp=1e3 * (NOW + 1e6))
    assert admit(context, late).earlier == answer  # a replay of a request that is long done


def test_an_id_is_one_request_for_ever(context: AdaptationContext) -> None:
    admit(context, record(by_a("lead", "label")))
    with pytest.raises(ReusedId, match="choose a new id"):
        admit(context, record(by_a("lead", "label", fraud=("another",))))
    asked_later = record(by_a("lead", "label", time=99.0))
    assert admit(context, asked_later).request.time == 99.0


def test_a_request_that_was_signed_long_before_it_arrived_is_stale(context: AdaptationContext) -> None:
    with pytest.raises(Stale, match="signed 1000 s before it arrived"):
        admit(context, record(by_a("lead"), at=NOW - 1_000.0))
    with pytest.raises(Stale, match="in the future"):
        admit(context, record(by_a("lead"), at=NOW + 1_000.0))
    # A time that the sender wrote itself counts for nothing.
    with pytest.raises(Stale):
        admit(context, record(by_a("lead"), at=1.0, timestamp=1e3, timestamp_type=0))


def test_a_record_under_the_id_of_another_request_is_refused(context: AdaptationContext) -> None:
    value = msgspec.json.encode(by_a("lead"))
    headers = Trust(CONSOLE, KEYS[CONSOLE], REGISTRY, clock=lambda: NOW).signed(TOPIC, b"r-9", value)
    with pytest.raises(Unreadable, match="another record key"):
        admit(context, record(by_a("lead"), key=b"r-9", headers=headers))


def test_a_refused_request_leaves_no_trace(context: AdaptationContext, few: Engine) -> None:
    with pytest.raises(NotAllowed):
        admit(context, record(by_a("analyst", "approve")))
    with context.unit(reads_only=True) as unit:
        assert unit.requests.get("r-1") is None


def test_an_answer_of_a_request_that_was_never_noted_is_dropped(context: AdaptationContext) -> None:
    INTAKE.note(context, Answer("r-7", "done", ""))
    with context.unit(reads_only=True) as unit:
        assert unit.requests.get("r-7") is None


def test_a_request_is_noted_with_who_signed_and_who_asks(context: AdaptationContext) -> None:
    request = by_a("lead", "retire")
    admit(context, record(request))
    with context.unit(reads_only=True) as unit:
        noted = unit.requests.get("r-1")
        assert noted is not None
        assert (noted.kind, noted.principal, noted.author) == ("retire", CONSOLE, "ada")
        assert (noted.digest, noted.time, noted.answer) == (request.digest, FEW_NOW, None)


def test_a_preview_leaves_no_trace_and_may_be_asked_again(context: AdaptationContext) -> None:
    for _ in range(2):
        assert admit(context, record(by_a("analyst", "preview"))).earlier is None
    with context.unit(reads_only=True) as unit:
        assert unit.requests.get("r-1") is None


@pytest.mark.parametrize("status", ["refused", "failed", "announced"])
def test_what_may_succeed_now_is_handled_again_while_it_is_fresh(
    context: AdaptationContext, status: str
) -> None:
    first = record(by_a("lead", "retire"))
    admit(context, first)
    INTAKE.note(context, Answer("r-1", status, ""))
    assert admit(context, first).earlier is None
    with pytest.raises(Stale):
        admit(context, record(by_a("lead", "retire"), timestamp=1e3 * (NOW + FRESH_S + 1)))


def test_a_request_is_fresh_for_fifteen_minutes_and_up_to_a_minute_ahead(context: AdaptationContext) -> None:
    for number, at in enumerate((NOW - FRESH_S, NOW + AHEAD_S)):
        assert admit(context, record(by_a("lead", request_id=f"r-{number}"), at=at)).request.author == "ada"
    for at, words in (
        (NOW - FRESH_S - 1, r"signed 901 s before it arrived, at most 900 s"),
        (NOW + AHEAD_S + 1, r"signed 61 s in the future"),
    ):
        with pytest.raises(Stale, match=words):
            admit(context, record(by_a("lead", request_id="r-9"), at=at))


def test_where_the_sender_sets_the_time_our_clock_counts(
    context: AdaptationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: NOW + 10.0)
    fresh = record(by_a("lead"), timestamp=0.0, timestamp_type=0)
    assert admit(context, fresh).request.author == "ada"
    monkeypatch.setattr(time, "time", lambda: NOW + FRESH_S + 10.0)
    with pytest.raises(Stale):
        admit(context, record(by_a("lead", request_id="r-2"), timestamp=1e3 * NOW, timestamp_type=0))


def test_a_signed_record_that_is_no_request_is_refused(context: AdaptationContext) -> None:
    for key, value in ((b"r-1", b"{}"), (None, msgspec.json.encode(by_a("lead")))):
        signed = Trust(CONSOLE, KEYS[CONSOLE], REGISTRY, clock=lambda: NOW)
        headers = signed.signed(TOPIC, key or b"", value)
        with pytest.raises(Unreadable):
            admit(context, record(by_a("lead"), key=key, value=value, headers=headers))


def test_refusals_name_what_would_be_allowed(context: AdaptationContext) -> None:
    cases = (
        (record(by_a("lead"), WORKER), "worker may not flag; allowed are: acknowledge"),
        (record(by_a("")), "ada with the role 'none' may not flag; allowed are: nothing"),
        (record(by_a("analyst", "rollback")), "with the role 'analyst' may not rollback; allowed are: "),
    )
    for one, words in cases:
        with pytest.raises(NotAllowed, match=words):
            admit(context, one)


def test_under_four_eyes_that_key_may_still_ask_for_all_else(context: AdaptationContext, few: Engine) -> None:
    set_policy(few, four_eyes=True)
    assert admit(context, record(a_flag("retire"), COMMAND_LINE)).request.kind == "retire"
    approval = record(by_a("lead", "approve", request_id="r-2"))
    assert admit(context, approval).request.kind == "approve"  # the console vouches for who is signed in
