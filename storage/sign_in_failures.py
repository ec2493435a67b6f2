"""Failed sign-ins by address, kept only while they count against the address."""

from sqlalchemy import Float, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class SignInFailure(TableBase):
    """One failed sign-in."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "address", "time"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    address: Mapped[str] = mapped_column(String)
    time: Mapped[float] = mapped_column(Float(53))


class SignInFailures:
    """Adds and counts failures within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, address: str, *, time: float) -> None:
        """Store a failure; `time` is in seconds since 1970."""
        self._session.add(SignInFailure(address=address, time=time))
        self._session.flush()

    def count(self, address: str, *, since: float) -> int:
        """Count the failures of an address after `since`, seconds since 1970."""
        row = SignInFailure
        query = select(func.count()).where(row.address == address, row.time > since)
        return self._session.scalar(query) or 0

    def delete_before(self, *, time: float) -> None:
        """Delete the failures of every address up to `time`, seconds since 1970."""
        self._session.execute(delete(SignInFailure).where(SignInFailure.time <= time))
