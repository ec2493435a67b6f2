"""Repeated signals within a second interrupt a block only once."""

from __future__ import annotations

import signal

import pytest

from flagfive import stop_signals
from flagfive.stop_signals import interrupt_on_stop_signals


def released_despite_a_second_signal() -> list[str]:
    """Interrupt a block, send a second signal while it releases, and return what it released."""
    released = []
    with interrupt_on_stop_signals():
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            signal.raise_signal(signal.SIGTERM)
            released.append("all")
    return released


def test_two_signals_within_a_second_interrupt_once() -> None:
    assert released_despite_a_second_signal() == ["all"]


def test_a_later_signal_interrupts_a_slow_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stop_signals, "SAME_REQUEST_S", 0.0)
    with pytest.raises(KeyboardInterrupt):
        released_despite_a_second_signal()
