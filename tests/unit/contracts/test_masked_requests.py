"""What people type is masked before it is sent, stored or signed."""

from __future__ import annotations

from contracts.request import Request
from contracts.request_masking import masked
from control.announce import _masked as masked_change
from control.change import Change
from control.entry import Kind

CARD = "4111111111111111"


def test_a_request_holds_no_card_number_in_any_field() -> None:
    request = Request("r", "flag", CARD, 0.0, CARD, (CARD, "t1"), (CARD,), CARD, f"seen on {CARD}")
    assert CARD not in str(masked(request))
    assert masked(request).fraud[1] == "t1"


def test_a_change_holds_no_card_number_in_author_reason_and_values() -> None:
    change = Change(Kind.DETECTOR, "d", CARD, f"like {CARD}", {}, {"episode": f"ring {CARD}", "shift": 0.5})
    assert CARD not in str(masked_change(change))
    assert masked_change(change).values["shift"] == 0.5
