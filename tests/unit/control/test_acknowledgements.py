"""Acknowledgements count only where a worker has signed them."""

from __future__ import annotations

import msgspec

from contracts.acknowledgement import Acknowledgement
from contracts.signing.principals import CONSOLE, WORKER
from contracts.signing.trust import Trust
from control.acknowledgements import AckTable

SECRET, TOPIC = b"a secret of enough length", "control-acks"


def add(table: AckTable, offset: int, by: str | None, secret: bytes = SECRET) -> None:
    value = msgspec.json.encode(Acknowledgement("w", (0, 1, 2, 3), offset, float(offset)))
    headers = Trust.derived(secret, by).signed(TOPIC, b"w", value) if by else []
    table.add(b"w", value, headers)


def test_a_forged_acknowledgement_shows_nothing_live() -> None:
    table = AckTable(4, TOPIC, Trust.derived(SECRET, CONSOLE))
    add(table, 9, None)
    add(table, 9, CONSOLE)
    add(table, 9, WORKER, b"the secret of an attacker")
    table.add(b"w", b"{}", [])
    table.add(None, None, [])
    assert str(table.progress(9)) == "live on 0 of 4 partitions"
    add(table, 9, WORKER)
    assert str(table.progress(9)) == "live on 4 of 4 partitions"
