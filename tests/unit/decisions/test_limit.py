"""The limit of transactions under way follows what the scorer answers in time."""

from __future__ import annotations

from collections import deque

from decisions.limit import LEAST, Limit
from tests.unit.decisions.at_hand import ManualTimers


def test_no_more_than_the_limit_are_under_way() -> None:
    limit = Limit(20, 0.05, ManualTimers().time)
    assert [limit.admit(1) for _ in range(21)] == [True] * 20 + [False]
    limit.release()
    assert limit.admit(1)


def test_a_batch_is_admitted_whole() -> None:
    limit = Limit(16, 0.05, ManualTimers().time)
    assert limit.admit(1_000)
    assert not limit.admit(1)


def test_the_limit_falls_while_scores_come_late_and_never_below_its_least() -> None:
    timers = ManualTimers()
    limit = Limit(2_000, 0.05, timers.time)
    fall(limit, timers)
    assert limit.limit == LEAST


def test_a_scorer_that_is_slow_without_a_queue_is_no_reason_to_refuse() -> None:
    timers = ManualTimers()
    limit = Limit(2_000, 0.05, timers.time)
    busy(limit, timers, 0.3, seconds=60)
    assert limit.limit == 2_000


def test_a_few_answers_that_are_quick_by_luck_do_not_make_the_others_slow() -> None:
    timers = ManualTimers()
    limit = Limit(2_000, 0.05, timers.time)
    busy(limit, timers, 0.3, seconds=20)
    timers.move(0.2)
    limit.answered(0.001)
    busy(limit, timers, 0.3, seconds=20)
    assert limit.limit == 2_000


def busy(limit: Limit, timers: ManualTimers, waited_s: float, *, seconds: float) -> None:
    """Use the whole limit, and answer 40 transactions a second after `waited_s`."""
    for _ in range(int(10 * seconds)):
        limit.admit(max(0, int(limit.limit) + 1 - limit.under_way))
        timers.move(0.1)
        for _ in range(4):
            limit.answered(waited_s)


def fall(limit: Limit, timers: ManualTimers) -> None:
    """Let answers take four times as long as at first, and longer than the target."""
    for waited_s in (0.05, 0.2):
        for _ in range(100):
            timers.move(0.05)
            limit.answered(waited_s)


def test_the_limit_grows_only_while_it_is_used() -> None:
    timers = ManualTimers()
    limit = Limit(2_000, 0.05, timers.time)
    fall(limit, timers)
    for _ in range(100):
        timers.move(0.2)
        limit.answered(0.001)
    assert limit.limit == LEAST
    for _ in range(400):
        limit.admit(int(limit.limit) - limit.under_way)
        timers.move(0.2)
        limit.answered(0.001)
    assert limit.limit == 2_000


def waits_under(rate: float, capacity: float, *, seconds: float) -> tuple[list[float], float]:
    """Return the waits of the accepted in a queue with one server, and the rate of the accepted."""
    timers = ManualTimers(now=0.0)
    limit, queue, waits = Limit(2_000, 0.05, timers.time), deque[float](), []
    step, arrivals, served = 0.001, 0.0, 0.0
    for _ in range(int(seconds / step)):
        timers.move(step)
        arrivals, served = arrivals + rate * step, served + capacity * step
        while arrivals >= 1:
            arrivals -= 1
            if limit.admit(1):
                queue.append(timers.now)
        while served >= 1:
            served -= 1
            if queue:
                waits.append(timers.now - queue[0])
                limit.release()
                limit.answered(timers.now - queue.popleft())
    return waits[len(waits) // 2 :], len(waits) / seconds


def test_under_twice_the_load_the_accepted_are_answered_in_time_and_capacity_is_used() -> None:
    waits, accepted = waits_under(6_000, capacity=3_000, seconds=20)
    assert sorted(waits)[int(0.99 * len(waits))] < 0.1
    assert accepted > 0.8 * 3_000
