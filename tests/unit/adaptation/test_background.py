"""One verdict at a time, in a process of its own."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from adaptation.upkeep.background import Background, BackgroundEnded, UnderWay
from tests.waiting import until


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


def ask(background: Background, question: str, compute: Callable[[], Any]) -> Any:
    return background.run(question, compute)


def answer(background: Background, question: str, compute: Callable[[], Any]) -> Any:
    """Ask until there is an answer."""

    def look() -> Any:
        try:
            return [ask(background, question, compute)]
        except UnderWay:
            return None

    return until(look, what="an answer", within_s=60.0)[0]


def test_it_computes_in_another_process_of_low_priority(background: Background) -> None:
    process = answer(background, "process", os.getpid)
    assert process != os.getpid()
    assert answer(background, "priority", partial(os.getpriority, os.PRIO_PROCESS, 0)) >= 10


def test_an_answer_to_another_question_is_dropped(background: Background) -> None:
    with pytest.raises(UnderWay):
        ask(background, "older", partial(abs, -1))
    assert answer(background, "newer", partial(abs, -2)) == 2


def test_an_error_of_the_computation_is_raised(background: Background) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        answer(background, "wrong", partial(int, "five"))


def test_a_process_that_ends_is_named_and_the_next_question_starts_another(background: Background) -> None:
    with pytest.raises(BackgroundEnded):
        answer(background, "killed", partial(signal.raise_signal, signal.SIGKILL))
    assert answer(background, "next", partial(abs, -3)) == 3


def test_closing_ends_the_process_while_it_computes(background: Background) -> None:
    process = answer(background, "process", os.getpid)
    with pytest.raises(UnderWay):
        ask(background, "long", partial(time.sleep, 600.0))
    background.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
