"""What administrators set over the settings file's policy. Every version is kept; the last one counts.

Under four eyes a change is a proposal first, which another administrator puts in force.
"""

from typing import Any

from sqlalchemy import JSON, Float, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from contracts.standing_policy import StandingPolicy
from storage.masked_text import MaskedText
from storage.table import BigIdentity, TableBase


class PolicyVersion(TableBase):
    """The terms that an administrator had set by some time."""

    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Values by name of a field of StandingPolicy; only what was set."""


APPROVED, REJECTED, REPLACED = "approved", "rejected", "replaced"


class PolicyProposal(TableBase):
    """A change of the policy that waits for another administrator, or that one has decided on."""

    __tablename__ = "policy_proposals"

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The terms that would change."""
    decision: Mapped[str | None] = mapped_column(String)
    """APPROVED, REJECTED, or REPLACED by a later proposal; None while it waits."""
    decided_by: Mapped[str | None] = mapped_column(MaskedText)
    decided_at: Mapped[float | None] = mapped_column(Float(53))


class Policies:
    """Adds and reads versions within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, version: PolicyVersion) -> None:
        """Put a version in force."""
        self._session.add(version)

    def propose(self, proposal: PolicyProposal) -> None:
        """Let a proposal wait; one that waits already is replaced."""
        before = self.proposal()
        if before is not None:
            before.decision, before.decided_by, before.decided_at = REPLACED, proposal.author, proposal.time
        self._session.add(proposal)

    def proposal(self) -> PolicyProposal | None:
        """The proposal that waits; None where none does."""
        query = select(PolicyProposal).where(PolicyProposal.decision.is_(None))
        return self._session.scalar(query.order_by(PolicyProposal.id.desc()).limit(1))

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
