"""Saved views: named filters of a user."""

from __future__ import annotations

from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotFound
from console.results.views import ViewList, ViewRow
from storage.saved_views import SavedView


def list_views(context: ConsoleContext, viewer: Viewer) -> ViewList:
    """Return the views of the viewer."""
    with context.unit(reads_only=True) as unit:
        rows = [
            ViewRow(one.page, one.name, dict(one.query)) for one in unit.views.of_user(viewer.user_id or 0)
        ]
    return ViewList(len(rows), rows)


def save_view(context: ConsoleContext, viewer: Viewer, view: ViewRow) -> ViewRow:
    """Save a view; it replaces one of the same page and name."""
    assert viewer.user_id is not None  # programs have no session
    with context.unit() as unit:
        unit.views.put(SavedView(user_id=viewer.user_id, page=view.page, name=view.name, query=view.query))
        act = Act("save view", f"{view.page}: {view.name}", after=view.query)
        note(unit, viewer, act, context.clock())
        unit.commit()
    return view


def remove_view(context: ConsoleContext, viewer: Viewer, page: str, name: str) -> None:
    """Delete a view.

    Raises:
        NotFound: no such view.
    """
    with context.unit() as unit:
        if not unit.views.remove(viewer.user_id or 0, page, name):
            raise NotFound(f"no view {name!r} of {page!r}", where="name, page")
        note(unit, viewer, Act("remove view", f"{page}: {name}"), context.clock())
        unit.commit()
