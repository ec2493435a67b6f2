"""What administrators set over the settings file's policy. Every version is kept; the last one counts."""

from typing import Any

from sqlalchemy import JSON, Float, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.standing_policy import StandingPolicy
from storage.card_numbers import MaskedText
from storage.table import BigIdentity, TableBase


class PolicyVersion(TableBase):
    """The terms that an administrator had set by some time."""

    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Values by name of a field of StandingPolicy; only what was set."""


class Policies:
    """Adds and reads versions within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, version: PolicyVersion) -> None:
        """Put a version in force."""
        self._session.add(version)

    def current(self) -> PolicyVersion | None:
        """The version in force; None where an administrator has set nothing."""
        return self._session.scalar(select(PolicyVersion).order_by(PolicyVersion.id.desc()).limit(1))

    def standing(self, filed: StandingPolicy) -> StandingPolicy:
        """The policy in force.

        Args:
            filed: the policy that the settings file states.

        Returns:
            `filed` with the terms that administrators have set.
        """
        version = self.current()
        return filed.overridden(version.terms) if version else filed
