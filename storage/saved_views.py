"""Saved views: filters of a page that a user keeps under a name."""

from typing import Any

from sqlalchemy import JSON, CursorResult, ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class SavedView(TableBase):
    """One saved filter of one user."""

    __tablename__ = "saved_views"

    user_id: Mapped[int] = mapped_column(
        BigIdentity, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    page: Mapped[str] = mapped_column(String, primary_key=True)
    """Page of the console that it belongs to, such as `queue`."""
    name: Mapped[str] = mapped_column(String, primary_key=True)
    query: Mapped[dict[str, Any]] = mapped_column(JSON)


class SavedViews:
    """Adds and reads views within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put(self, view: SavedView) -> None:
        """Store a view; it replaces an earlier one of the same user, page and name."""
        self._session.merge(view)

    def of_user(self, user_id: int) -> list[SavedView]:
        """Return the views of a user, sorted by page and name."""
        query = select(SavedView).where(SavedView.user_id == user_id)
        return list(self._session.scalars(query.order_by(SavedView.page, SavedView.name)))

    def remove(self, user_id: int, page: str, name: str) -> bool:
        """Delete a view; return whether it existed."""
        mine = (SavedView.user_id == user_id, SavedView.page == page, SavedView.name == name)
        result = self._session.execute(delete(SavedView).where(*mine))
        assert isinstance(result, CursorResult)
        return result.rowcount > 0
