"""Second factors of users: the sealed secret of an authenticator app, and digests of recovery codes."""

from sqlalchemy import CursorResult, Float, ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.table import BigIdentity, TableBase


class SecondFactor(TableBase):
    """The authenticator app of one user; it counts once `confirmed_at` is set."""

    __tablename__ = "second_factors"

    user_id: Mapped[int] = mapped_column(
        BigIdentity, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed_secret: Mapped[str] = mapped_column(String)
    last_step: Mapped[int] = mapped_column(BigIdentity, default=0)
    """Step of 30 s of the last accepted code: no code is accepted twice."""
    created_at: Mapped[float] = mapped_column(Float(53))
    confirmed_at: Mapped[float | None] = mapped_column(Float(53))


class RecoveryCode(TableBase):
    """A code that replaces the app once."""

    __tablename__ = "recovery_codes"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigIdentity, ForeignKey("users.id", ondelete="CASCADE"))
    used_at: Mapped[float | None] = mapped_column(Float(53))


class SecondFactors:
    """Adds and reads second factors within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of(self, user_id: int) -> SecondFactor | None:
        """Return the user's factor, confirmed or not, or None; changes are written when the unit commits."""
        return self._session.get(SecondFactor, user_id)

    def confirmed(self) -> set[int]:
        """Return the ids of all users with a confirmed factor."""
        return set(
            self._session.scalars(select(SecondFactor.user_id).where(SecondFactor.confirmed_at.is_not(None)))
        )

    def begin(self, factor: SecondFactor) -> None:
        """Store a factor that is not confirmed yet, in place of an earlier one."""
        self.remove(factor.user_id)
        self._session.add(factor)
        self._session.flush()

    def remove(self, user_id: int) -> None:
        """Delete a user's factor and recovery codes."""
        for table in (SecondFactor, RecoveryCode):
            self._session.execute(delete(table).where(table.user_id == user_id))
        self._session.expire_all()

    def add_codes(self, user_id: int, digests: list[str]) -> None:
        """Store recovery codes, in place of earlier ones."""
        self._session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
        self._session.add_all(RecoveryCode(digest=digest, user_id=user_id) for digest in digests)

    def use_code(self, user_id: int, digest: str, *, now: float) -> bool:
        """Use a recovery code of a user; of two simultaneous uses only one succeeds."""
        row = RecoveryCode
        unused = (row.digest == digest, row.user_id == user_id, row.used_at.is_(None))
        result = self._session.execute(update(row).where(*unused).values(used_at=now))
        assert isinstance(result, CursorResult)
        return result.rowcount == 1

    def codes_left(self, user_id: int) -> int:
        """Count the recovery codes that are not used."""
        row = RecoveryCode
        query = select(func.count()).where(row.user_id == user_id, row.used_at.is_(None))
        return self._session.scalar(query) or 0
