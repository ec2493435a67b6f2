"""Records that are not admitted are answered, at most ten a second."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from adaptation.intake.refusing import ANSWERED_PER_S, Refusals
from contracts.metrics import trust as metrics
from contracts.signing.trust import Forged, Unsigned

RECORD = SimpleNamespace(key=b"r-1", offset=7)


def refused_so_far(cause: str) -> float:
    return float(metrics.UNTRUSTED.labels(metrics.REQUEST, cause)._value.get())


def test_the_answer_names_request_record_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    answer = Refusals(lambda: 3.0).answer(RECORD, Forged("it does not fit"))
    assert answer is not None
    assert (answer.request_id, answer.status, answer.message) == ("r-1", "refused", "it does not fit")
    assert (answer.record, answer.control_offset) == (7, None)
    assert "record at offset 7 is not admitted: it does not fit" in caplog.text


@pytest.mark.parametrize(("key", "name"), [(None, ""), (b"\xff", "\ufffd")])
def test_a_record_without_a_readable_key_is_answered_too(key: bytes | None, name: str) -> None:
    answer = Refusals(lambda: 3.0).answer(SimpleNamespace(key=key, offset=0), Unsigned("no signature"))
    assert answer is not None
    assert answer.request_id == name


def test_ten_are_answered_each_second_and_all_are_counted() -> None:
    now, before = [5.0], refused_so_far(Unsigned.cause)
    refusals = Refusals(lambda: now[0])

    def answered(times: int) -> int:
        return sum(refusals.answer(RECORD, Unsigned("no signature")) is not None for _ in range(times))

    assert answered(ANSWERED_PER_S + 5) == ANSWERED_PER_S
    now[0] = 5.9
    assert answered(3) == 0
    now[0] = 6.0
    assert answered(ANSWERED_PER_S + 5) == ANSWERED_PER_S
    assert refused_so_far(Unsigned.cause) - before == 2 * ANSWERED_PER_S + 13


def test_the_first_second_of_a_clock_is_bounded_too() -> None:
    refusals = Refusals(lambda: 0.0)
    answers = [refusals.answer(RECORD, Unsigned("no signature")) for _ in range(ANSWERED_PER_S + 1)]
    assert [answer is None for answer in answers] == [False] * ANSWERED_PER_S + [True]
