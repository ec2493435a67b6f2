"""Only who may ask is heard: unsigned, forged, replayed, stale and unauthorised requests change nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from adaptation.intake.admitting import LOG_APPEND_TIME, Admitted, Intake, ReusedId, Stale, Unreadable
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
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, a_flag, set_policy

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


def admit(worker: WorkerInMemory, one: Any) -> Admitted:
    return INTAKE.admit(worker.context, one)


def test_a_signed_in_user_is_heard_as_far_as_the_role_goes(worker: WorkerInMemory) -> None:
    assert admit(worker, record(by_a("analyst"))).request.author == "ada"
    assert admit(worker, record(by_a("lead", "approve", request_id="r-2"))).request.kind == "approve"
    for role, kind in (("analyst", "approve"), ("machine", "rollback"), ("auditor", "label"), ("", "flag")):
        with pytest.raises(NotAllowed, match=f"may not {kind}"):
            admit(worker, record(by_a(role, kind, request_id="r-3")))


def test_an_unsigned_approval_is_refused(worker: WorkerInMemory) -> None:
    with pytest.raises(Unsigned):
        admit(worker, record(by_a("lead", "approve"), headers=[]))


def test_a_changed_body_is_refused(worker: WorkerInMemory) -> None:
    other = msgspec.json.encode(by_a("lead", author="eve"))
    with pytest.raises(Forged):
        admit(worker, record(by_a("lead"), value=other))


def test_processes_that_do_not_ask_cannot_ask(worker: WorkerInMemory) -> None:
    with pytest.raises(NotAllowed, match="worker may not flag"):
        admit(worker, record(by_a("lead"), WORKER))


def test_a_feed_speaks_for_itself_and_only_labels(worker: WorkerInMemory) -> None:
    assert admit(worker, record(a_flag("label", author="feed"), "feed")).request.author == "feed"
    with pytest.raises(NotAllowed, match="the author must be 'feed'"):
        admit(worker, record(a_flag("label", request_id="r-2"), "feed"))
    with pytest.raises(NotAllowed, match="feed may not approve; allowed are: label"):
        admit(worker, record(a_flag("approve", author="feed", request_id="r-2"), "feed"))


def test_under_four_eyes_a_key_that_writes_any_author_cannot_approve(
    worker: WorkerInMemory, engine: Engine
) -> None:
    approval = a_flag("approve", author="bob")
    assert admit(worker, record(approval, COMMAND_LINE)).request.author == "bob"
    set_policy(engine, four_eyes=True)
    with pytest.raises(NotAllowed, match="a key of your own"):
        admit(worker, record(a_flag("approve", author="bob", request_id="r-2"), COMMAND_LINE))


def test_a_repeat_is_answered_as_before_and_is_not_handled_again(worker: WorkerInMemory) -> None:
    first = record(by_a("lead", "retire"))
    assert admit(worker, first).earlier is None
    answer = Answer("r-1", "retired", "episode is retired", control_offset=9)
    INTAKE.note(worker.context, answer)
    assert admit(worker, first).earlier == answer
    late = record(by_a("lead", "retire"), timestamp=1e3 * (NOW + 1e6))
    assert admit(worker, late).earlier == answer  # a replay of a request that is long done


def test_an_id_is_one_request_for_ever(worker: WorkerInMemory) -> None:
    admit(worker, record(by_a("lead", "label")))
    with pytest.raises(ReusedId, match="choose a new id"):
        admit(worker, record(by_a("lead", "label", fraud=("another",))))
    asked_later = record(by_a("lead", "label", time=99.0))
    assert admit(worker, asked_later).request.time == 99.0


def test_a_request_that_was_signed_long_before_it_arrived_is_stale(worker: WorkerInMemory) -> None:
    with pytest.raises(Stale, match="signed 1000 s before it arrived"):
        admit(worker, record(by_a("lead"), at=NOW - 1_000.0))
    with pytest.raises(Stale, match="in the future"):
        admit(worker, record(by_a("lead"), at=NOW + 1_000.0))
    # A time that the sender wrote itself counts for nothing.
    with pytest.raises(Stale):
        admit(worker, record(by_a("lead"), at=1.0, timestamp=1e3, timestamp_type=0))


def test_a_record_under_the_id_of_another_request_is_refused(worker: WorkerInMemory) -> None:
    value = msgspec.json.encode(by_a("lead"))
    headers = Trust(CONSOLE, KEYS[CONSOLE], REGISTRY, clock=lambda: NOW).signed(TOPIC, b"r-9", value)
    with pytest.raises(Unreadable, match="another record key"):
        admit(worker, record(by_a("lead"), key=b"r-9", headers=headers))


def test_a_refused_request_leaves_no_trace(worker: WorkerInMemory, engine: Engine) -> None:
    with pytest.raises(NotAllowed):
        admit(worker, record(by_a("analyst", "approve")))
    with worker.context.unit(reads_only=True) as unit:
        assert unit.requests.get("r-1") is None
