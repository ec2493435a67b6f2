"""Failed sign-ins by address and name, kept only while they count."""

from sqlalchemy import Float, Index, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class SignInFailure(TableBase):
    """One failed sign-in, or one whose password is being checked."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index(None, "address", "time"),)

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    address: Mapped[str] = mapped_column(String)
    name_digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the name as it was sent: some people type their password there."""
    time: Mapped[float] = mapped_column(Float(53))


class SignInFailures:
    """Adds and reads failures within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, address: str, name_digest: str, *, time: float) -> None:
        """Store a failure; `time` is in seconds since 1970."""
        self._session.add(SignInFailure(address=address, name_digest=name_digest, time=time))
        self._session.flush()

    def times(self, address: str, name_digest: str | None = None, *, since: float) -> list[float]:
        """Return the times of an address's failures after `since`, oldest first, of one name or of all."""
        row = SignInFailure
        query = select(row.time).where(row.address == address, row.time > since).order_by(row.time)
        return list(
            self._session.scalars(
                query if name_digest is None else query.where(row.name_digest == name_digest)
            )
        )

    def forget(self, address: str, name_digest: str) -> None:
        """Delete the failures of a name from an address."""
        row = SignInFailure
        chosen = (row.address == address, row.name_digest == name_digest)
        self._session.execute(delete(row).where(*chosen))

    def delete_before(self, *, time: float) -> None:
        """Delete the failures of every address up to `time`, seconds since 1970."""
        self._session.execute(delete(SignInFailure).where(SignInFailure.time <= time))
