"""Shadow alerts: transactions that a detector or base on trial would have alerted."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import (
    Boolean,
    ColumnElement,
    ColumnExpressionArgument,
    Float,
    Index,
    ScalarSelect,
    String,
    UniqueConstraint,
    case,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.labels import FRAUD, GENUINE, Label
from storage.table import BigIdentity, TableBase


class ShadowAlertRow(TableBase):
    """One transaction that a detector or base on trial would have alerted.

    `shadow` is the id of the one on trial; `alerted` says whether the scorers in force alerted it.
    """

    __tablename__ = "shadow_alerts"
    __table_args__ = (
        UniqueConstraint("shadow", "source_partition", "source_offset"),
        Index(None, "shadow", "event_time"),
    )

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    shadow: Mapped[str] = mapped_column(String)
    source_partition: Mapped[int]
    source_offset: Mapped[int] = mapped_column(BigIdentity)
    transaction_id: Mapped[str] = mapped_column(String)
    event_time: Mapped[float] = mapped_column(Float(53))
    amount: Mapped[float] = mapped_column(Float(53))
    surprise: Mapped[float] = mapped_column(Float(53))
    alerted: Mapped[bool] = mapped_column(Boolean)
    control_offset: Mapped[int] = mapped_column(BigIdentity)


COLUMNS = (
    "shadow",
    "source_partition",
    "source_offset",
    "transaction_id",
    "event_time",
    "amount",
    "surprise",
    "alerted",
    "control_offset",
)
_INSERT = Upsert(ShadowAlertRow.__tablename__, COLUMNS, ("shadow", "source_partition", "source_offset"))


@dataclass(frozen=True)
class Trial:
    """Counts of the shadow alerts of one detector or base on trial."""

    shadow: str
    """Id of the detector or base on trial."""
    alerts: int
    """Shadow alerts."""
    also_live: int
    """Those that the scorers in force alerted too."""
    fraud: int
    """Those whose last verdict is fraud."""
    genuine: int
    """Those whose last verdict is genuine."""
    new_amount: float
    """Sum of the amounts of the new ones."""
    first: float
    """Event time of the first shadow alert, seconds since 1970."""
    last: float
    """Event time of the last shadow alert, seconds since 1970."""

    @property
    def new(self) -> int:
        """Alerts that the scorers in force did not raise."""
        return self.alerts - self.also_live


class ShadowAlerts:
    """Adds and counts shadow alerts within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> int:
        """Insert shadow alerts, values in the order of `COLUMNS`; those already stored are skipped.

        Returns:
            Rows that are new.
        """
        return _INSERT.run(self._session, rows)

    def trials(self) -> dict[str, Trial]:
        """Count the shadow alerts of each detector or base on trial, by its id."""
        row, verdict = ShadowAlertRow, _last_verdict()
        query = (
            select(
                row.shadow,
                func.count(),
                _count_if(row.alerted),
                _count_if(verdict == FRAUD),
                _count_if(verdict == GENUINE),
                func.sum(case((row.alerted, 0.0), else_=row.amount)),
                func.min(row.event_time),
                func.max(row.event_time),
            )
            .group_by(row.shadow)
            .order_by(row.shadow)
        )
        return {found[0]: Trial(*found) for found in self._session.execute(query)}


def _last_verdict() -> ScalarSelect[str]:
    """Select the last verdict on a transaction; NULL before there is one."""
    return (
        select(Label.verdict)
        .where(Label.transaction_id == ShadowAlertRow.transaction_id)
        .order_by(Label.time.desc(), Label.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _count_if(condition: ColumnExpressionArgument[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
