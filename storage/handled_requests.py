"""Requests that the adaptation worker has admitted: an id is one request and is answered the same."""

from sqlalchemy import Float, LargeBinary, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.masked_text import MaskedText
from storage.table import TableBase


class HandledRequest(TableBase):
    """One request id, with what was asked under it and the last answer."""

    __tablename__ = "handled_requests"

    request_id: Mapped[str] = mapped_column(String, primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    """`Request.digest` of what was asked."""
    kind: Mapped[str] = mapped_column(String)
    principal: Mapped[str] = mapped_column(String)
    """Whose key signed it."""
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The last answer, as JSON; None while there is none."""


class HandledRequests:
    """Adds and reads requests within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, request: HandledRequest) -> None:
        """Store a request before it is handled."""
        self._session.add(request)

    def get(self, request_id: str) -> HandledRequest | None:
        """Return the request of this id, or None; changes to it are written when the unit commits."""
        return self._session.get(HandledRequest, request_id)
