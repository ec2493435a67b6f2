"""Long work says how far it is, in lines where there is no terminal."""

from __future__ import annotations

import pytest

from flagfive.progress import ProgressLines, in_words, shown_progress


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_stage_says_its_share_and_the_time_left() -> None:
    lines, clock = list[str](), Clock()
    show = ProgressLines(lines.append, clock)
    show("replaying", 0, 1_000)
    clock.now = 30.0
    show("replaying", 250, 1_000)
    show.repeat()
    assert lines == [
        "replaying: 0 of 1,000, 0%",
        "replaying: 250 of 1,000, 25%, for 30 s, about 1 min 30 s left",
    ]


def test_the_time_left_is_that_of_the_stage_alone() -> None:
    lines, clock = list[str](), Clock()
    show = ProgressLines(lines.append, clock)
    show("replaying", 900, 1_000)
    clock.now = 100.0
    show("training base", 0, 10)
    clock.now = 110.0
    show("training base", 5, 10)
    show.repeat()
    assert lines[-1] == "training base: 5 of 10, 50%, for 10 s, about 10 s left"


def test_the_first_few_percent_give_no_estimate() -> None:
    lines, clock = list[str](), Clock()
    show = ProgressLines(lines.append, clock)
    show("comparing contenders", 0, 100)
    clock.now = 300.0
    show("comparing contenders", 1, 100)
    show.repeat()
    assert lines[-1] == "comparing contenders: 1 of 100, 1%, for 5 min 0 s"


def test_work_of_unknown_length_shows_what_is_done() -> None:
    lines, clock = list[str](), Clock()
    show = ProgressLines(lines.append, clock)
    show("sending payments", 0, 0)
    clock.now = 12.0
    show("sending payments", 4_000, 0)
    show.repeat()
    assert lines == ["sending payments", "sending payments: 4,000, for 12 s"]


def test_stages_that_alternate_write_no_line_each_time() -> None:
    lines = list[str]()
    show = ProgressLines(lines.append, Clock())
    for _ in range(50):
        show("replaying", 1, 2)
        show("training", 1, 2)
    assert len(lines) == 2


def test_without_a_terminal_the_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_progress() as show:
        show("checking", 3, 4)
        print("a result")
    shown = capsys.readouterr()
    assert shown.out == "a result\n"
    assert shown.err.endswith(" checking: 3 of 4, 75%\n")


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "0 s"), (59.7, "1 min 0 s"), (150, "2 min 30 s"), (7_260, "2 h 1 min")]
)
def test_a_length_of_time_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
