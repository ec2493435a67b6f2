"""A broker that is away does not fill the log."""

from __future__ import annotations

import logging

from flagfive.repeated_lines import Thinned


def line(name: str, message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "file.py", 1, message, values, None)


def test_lines_that_a_library_repeats_pass_once_in_five_seconds() -> None:
    seconds = iter([0.0, 0.1, 4.9, 5.1])
    thinned = Thinned("aiokafka", every_s=5.0, clock=lambda: next(seconds))
    passed = [thinned.filter(line("aiokafka.client", "no connection to %s", node)) for node in (1, 2, 1, 1)]
    assert passed == [True, False, False, True]


def test_other_messages_and_other_libraries_pass() -> None:
    thinned = Thinned("aiokafka", every_s=5.0, clock=lambda: 0.0)
    assert thinned.filter(line("aiokafka.client", "no connection to %s", 1))
    assert thinned.filter(line("aiokafka.client", "no metadata"))
    assert all(thinned.filter(line("stream.partition.worker", "lost")) for _ in range(3))
    assert all(thinned.filter(line("aiokafkaesque", "no connection to %s", 1)) for _ in range(3))
