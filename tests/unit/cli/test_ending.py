"""Signals end a block once, however often they are sent in a breath."""

from __future__ import annotations

import signal

import pytest

from cli import ending
from cli.ending import ended_by_signals


def test_two_signals_in_a_breath_are_one_wish() -> None:
    gave_back = []
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGTERM)
            gave_back.append("all")
    assert gave_back == ["all"]


def test_a_later_signal_ends_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "SAME_WISH_S", 0.0)
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            signal.raise_signal(signal.SIGINT)
            pytest.fail("the second signal was ignored")
