"""What became known of a transaction afterwards: fraud or genuine, by whom, and when."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Float, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.card_numbers import MaskedText
from storage.scored_transactions import IDS_PER_QUERY
from storage.table import BigIdentity, TableBase

FRAUD, GENUINE = "fraud", "genuine"


class Label(TableBase):
    """One verdict on one transaction; a later one adds a row and does not erase the earlier."""

    __tablename__ = "labels"
    __table_args__ = (
        UniqueConstraint("request_id", "transaction_id"),
        Index(None, "transaction_id"),
    )

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String)
    verdict: Mapped[str] = mapped_column(String)
    source: Mapped[str] = mapped_column(String)
    """Where it came from: `analyst`, `chargeback`, ..."""
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    request_id: Mapped[str] = mapped_column(String)


COLUMNS = ("transaction_id", "verdict", "source", "author", "time", "request_id")
_INSERT = Upsert(Label.__tablename__, COLUMNS, ("request_id", "transaction_id"))


class Labels:
    """Adds and reads labels within the caller's unit of work."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> None:
        """Insert labels, values in the order of `COLUMNS`; a request that comes twice changes nothing."""
        _INSERT.run(self._session, rows)

    def history(self, transaction_id: str) -> list[Label]:
        """Every verdict on one transaction, oldest first."""
        query = select(Label).where(Label.transaction_id == transaction_id)
        return list(self._session.scalars(query.order_by(Label.time, Label.id)))

    def latest(self, transaction_ids: Sequence[str], *, apart_from: str = "") -> dict[str, Label]:
        """The last verdict on each of these transactions that has one; one request's may be left out."""
        found: dict[str, Label] = {}
        for start in range(0, len(transaction_ids), IDS_PER_QUERY):
            wanted = Label.transaction_id.in_(transaction_ids[start : start + IDS_PER_QUERY])
            query = select(Label).where(wanted, Label.request_id != apart_from)
            query = query.order_by(Label.time, Label.id)
            found |= {label.transaction_id: label for label in self._session.scalars(query)}
        return found
