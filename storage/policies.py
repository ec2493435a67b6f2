"""What the console has set over the settings file: budget, four eyes, retention; every version is kept."""

from typing import Any

from sqlalchemy import JSON, Float, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.card_numbers import MaskedText
from storage.table import BigIdentity, TableBase


class Policy(TableBase):
    """One version; the last one counts."""

    __tablename__ = "policies"

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Only what was set: `alert_rate`, `four_eyes`, `transactions_days`, `alerts_days`."""


class Policies:
    """Adds and reads versions within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, policy: Policy) -> None:
        """Put a version into force."""
        self._session.add(policy)

    def current(self) -> Policy | None:
        """What is in force; None where the settings file alone counts."""
        return self._session.scalar(select(Policy).order_by(Policy.id.desc()).limit(1))
