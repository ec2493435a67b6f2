"""Tasks run in processes, and none of these processes outlives its work."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from multiprocessing import active_children
from typing import Any

import pytest

from replay.progress import ignore_progress
from replay.tasks import ProcessEnded, Task, run_tasks
from tests.waiting import until

LONG_S = 600


def ended(processes: Sequence[Any]) -> bool:
    """Return whether all have ended; `is_alive` can err for a moment while another thread collects one."""
    return not any(process.is_alive() for process in processes)


def test_results_arrive_and_further_tasks_go_first() -> None:
    found, shares = list[int](), list[int]()

    def first(result: int) -> list[Task]:
        found.append(result)
        return [Task(pow, (3, 2), second)]

    def second(result: int) -> list[Task]:
        found.append(result)
        return []

    tasks = [Task(pow, (2, 2), first, 1.0), Task(pow, (2, 5), second, 3.0)]
    run_tasks(tasks, 1, "counting", lambda stage, done, total: shares.append(done))
    assert found == [4, 9, 32]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)


def test_an_error_of_a_task_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        run_tasks([Task(divmod, (1, 0), lambda _: [], 1.0)], 1, "dividing", ignore_progress)


def test_an_interruption_ends_the_processes() -> None:
    started = list[Any]()

    def interrupt(_: float) -> list[Task]:
        started.extend(active_children())
        raise KeyboardInterrupt

    tasks = [Task(abs, (-1.0,), interrupt, 1.0), Task(time.sleep, (LONG_S,), lambda _: [], 1.0)]
    with pytest.raises(KeyboardInterrupt):
        run_tasks(tasks, 2, "waiting", ignore_progress)
    assert started
    until(lambda: ended(started), what="the processes to end")


def test_a_process_that_ends_is_told() -> None:
    with pytest.raises(ProcessEnded, match="is memory short"):
        run_tasks([Task(os._exit, (9,), lambda _: [], 1.0)], 1, "ending", ignore_progress)
