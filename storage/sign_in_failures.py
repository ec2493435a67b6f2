"""Wrong passwords by the address they came from, kept only as long as they count."""

from sqlalchemy import Float, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class SignInFailure(TableBase):
    """One try to sign in that failed."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "address", "time"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    address: Mapped[str] = mapped_column(String)
    time: Mapped[float] = mapped_column(Float(53))


class SignInFailures:
    """Adds and counts failures within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, address: str, *, time: float) -> None:
        """Note one more."""
        self._session.add(SignInFailure(address=address, time=time))
        self._session.flush()

    def count(self, address: str, *, since: float) -> int:
        """How many came from an address after `since`."""
        row = SignInFailure
        query = select(func.count()).where(row.address == address, row.time > since)
        return self._session.scalar(query) or 0

    def delete_before(self, *, time: float) -> None:
        """Delete what is so old, of every address."""
        self._session.execute(delete(SignInFailure).where(SignInFailure.time <= time))
