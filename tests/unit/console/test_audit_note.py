"""What a change writes to the audit log."""

from __future__ import annotations

from sqlalchemy import Engine

from console.access.viewer import Viewer
from console.audit import MOST_CHARACTERS, Act, note
from storage import UnitOfWork


def test_a_note_says_who_from_where_what_and_the_state_before_and_after(engine: Engine) -> None:
    viewer = Viewer.person(1, "a" * 300, "analyst", "", "192.0.2.7")
    act = Act("rename", "s" * 300, before={"name": "old"}, after={"name": "new"})
    with UnitOfWork(engine) as unit:
        note(unit, viewer, act, 4.5)
        note(unit, Viewer("feed", frozenset(), "::1"), Act("label", "t-1"), 5.0)
        unit.commit()
        long, short = unit.audit._entries()
    assert (long.actor, long.action, long.time) == ("a" * MOST_CHARACTERS, "rename", 4.5)
    assert long.subject == "s" * MOST_CHARACTERS
    state = {"before": {"name": "old"}, "after": {"name": "new"}}
    assert long.details == {"from": "192.0.2.7", "role": "analyst", **state}
    assert (short.actor, short.subject) == ("feed", "t-1")
    assert short.details == {"from": "::1", "role": "machine", "before": {}, "after": {}}
