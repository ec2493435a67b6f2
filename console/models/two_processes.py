"""Divides work between this process and a copy of it, which shares what is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Final, TypeVar

from console.models.results import CannotScore
from contracts.child_process import end_with_parent

Result = TypeVar("Result")
Take = Callable[[], int]
_CONTEXT: Final = get_context("fork")


def in_two(work: Callable[[Take, bool], Result], tasks: int) -> list[Result]:
    """Do tasks here and in a copy of this process; each takes the next task when it is done with one.

    The copy is a fork, so it starts at once and has all that `work` refers to. It must open its own
    connections. Call this in a process that runs nothing else, such as the model process or a verb.

    Args:
        work: Gets a function that returns the number of its next task, and -1 once there is none; and
            whether it runs in the copy.
        tasks: Number of tasks.

    Returns:
        Both results. That of the copy is pickled.

    Raises:
        CannotScore: The copy has died.
    """
    taken = _CONTEXT.Value("q", 0)

    def take() -> int:
        with taken.get_lock():
            number = taken.value
            taken.value += 1
        return number if number < tasks else -1

    receives, sends = _CONTEXT.Pipe(duplex=False)
    copy = _CONTEXT.Process(target=_run, args=(work, take, sends), daemon=True)
    copy.start()
    sends.close()
    try:
        own = work(take, False)
        return [own, receives.recv()]
    except EOFError as gone:
        raise CannotScore("a process that counts has died; try again") from gone
    finally:
        receives.close()
        copy.terminate()
        copy.join()


def _run(work: Callable[[Take, bool], Result], take: Take, sends: Connection) -> None:
    end_with_parent()
    sends.send(work(take, True))
    sends.close()
    os._exit(0)  # without closing the connections of the process that was copied
