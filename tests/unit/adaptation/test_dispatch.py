"""Each request gets an answer; what passes by itself is tried again, and waits for the recorder a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from adaptation.context import AdaptationContext
from adaptation.intake import dispatch
from adaptation.intake.dispatch import RECORDED_WITHIN_S, handle
from contracts.answer import Answer
from contracts.request import RequestKind
from control.errors import ControlLogUnavailable
from storage import UnitOfWork
from storage.errors import StorageUnavailable
from tests.unit.adaptation.few_transactions import few_context, store
from tests.unit.adaptation.worker_in_memory import a_flag, set_policy

HANDLERS: dict[RequestKind, str] = {
    "flag": "flag", "preview": "preview", "label": "label",
    "approve": "approve", "retire": "retire", "rollback": "roll_back", "rule": "save_rule",
    "policy": "save_policy",
    "list": "change_list", "suppress": "suppress",
}  # fmt: skip
ENDED = threading.Event()
ENDED.set()


class RecorderThatCatchesUp(threading.Event):
    """Stores `late` while somebody waits, as the recorder does."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._engine, self.waits = engine, 0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        assert 0.0 < timeout < RECORDED_WITHIN_S
        self.waits += 1
        if self.waits == 2:
            with UnitOfWork(self._engine) as unit:
                store(unit, "late", partition=1)
                unit.commit()
        return super().wait(timeout)


@pytest.fixture
def context(few: Engine) -> AdaptationContext:
    return few_context(few)


@pytest.mark.parametrize("kind", list(HANDLERS))
def test_each_kind_of_request_reaches_its_procedure(
    context: AdaptationContext, monkeypatch: pytest.MonkeyPatch, kind: RequestKind
) -> None:
    done = Answer("r-1", "done", "")
    calls = []

    def procedure(*given: object) -> Answer:
        calls.append(given)
        return done

    monkeypatch.setattr(dispatch, HANDLERS[kind], procedure)
    request = a_flag(kind, fraud=("t1",))
    assert handle(context, request, 5.0, ENDED) is done
    assert calls == [(context, request) if kind == "label" else (context, request, 5.0)]


def failing(error: Exception) -> Callable[..., Answer]:
    def procedure(*_: object) -> Answer:
        raise error

    return procedure


@pytest.mark.parametrize("error", [StorageUnavailable("db", "away"), ControlLogUnavailable("away")])
def test_what_passes_by_itself_is_not_answered(
    context: AdaptationContext, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(dispatch, "label", failing(error))
    with pytest.raises(type(error)):
        handle(context, a_flag("label", fraud=("t1",)), 0.0, ENDED)


def test_an_error_in_our_code_is_answered_and_logged(
    context: AdaptationContext, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(dispatch, "label", failing(KeyError("colour")))
    answer = handle(context, a_flag("label", fraud=("t1",)), 0.0, ENDED)
    assert answer == Answer("r-1", "failed", "KeyError: 'colour'")
    assert "request r-1 failed" in caplog.text
    assert "Traceback" in caplog.text


def test_a_refusal_is_answered_with_the_unknown_ids(context: AdaptationContext) -> None:
    answer = handle(context, a_flag("label", fraud=("t1", "x1")), 0.0, ENDED)
    assert isinstance(answer, Answer)
    assert (answer.request_id, answer.status, answer.unknown) == ("r-1", "refused", ("x1",))
    assert "1 of 2 transactions are not stored" in answer.message


@pytest.mark.parametrize("field", ["fraud", "genuine"])
def test_a_transaction_that_is_recorded_a_moment_later_is_found(
    context: AdaptationContext, few: Engine, field: str
) -> None:
    recorder = RecorderThatCatchesUp(few)
    request = a_flag("label", name="", **{"fraud": (), field: ("late",)})
    answer = handle(context, request, 0.0, recorder)
    assert isinstance(answer, Answer)
    assert (answer.status, recorder.waits) == ("done", 2)


def test_nothing_is_awaited_where_all_is_stored_or_nothing_named(
    context: AdaptationContext, few: Engine
) -> None:
    recorder = RecorderThatCatchesUp(few)
    handle(context, a_flag("label", name="", fraud=("t1",)), 0.0, recorder)
    handle(context, a_flag("label", fraud=()), 0.0, recorder)
    assert recorder.waits == 0


def test_the_wait_ends_with_the_worker_and_after_two_seconds(
    context: AdaptationContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = a_flag("label", fraud=("x1",))
    assert isinstance(handle(context, request, 0.0, ENDED), Answer)
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    waits = []

    class ClockThatRuns(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waits.append(timeout)
            now[0] += 0.5
            return False

    assert isinstance(handle(context, request, 0.0, ClockThatRuns()), Answer)
    assert len(waits) == 5  # at 0, 0.5 ... 2 seconds; then the time is over


def test_a_request_is_handled_under_the_policy_that_an_administrator_has_set_since(
    context: AdaptationContext, few: Engine
) -> None:
    assert not context.policy.four_eyes
    set_policy(few, four_eyes=True)
    handle(context, a_flag("label", fraud=("t1",)), 0.0, ENDED)
    assert context.policy.four_eyes
