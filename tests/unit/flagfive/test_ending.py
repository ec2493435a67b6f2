"""Signals end a block once, however often they are sent in a breath."""

from __future__ import annotations

import signal

import pytest

from flagfive import ending
from flagfive.ending import ended_by_signals


def interrupted_while_giving_back() -> list[str]:
    """What was given back by a block that is told to end a second time while it ends."""
    given_back = []
    with ended_by_signals():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            signal.raise_signal(signal.SIGTERM)
            given_back.append("all")
    return given_back


def test_two_signals_in_a_breath_are_one_wish() -> None:
    assert interrupted_while_giving_back() == ["all"]


def test_a_later_signal_ends_what_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "SAME_WISH_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        interrupted_while_giving_back()
