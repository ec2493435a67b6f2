"""Labels: verdicts on transactions, fraud or genuine, with source, author and time."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Float, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.bulk import Row, Upsert
from storage.masked_text import MaskedText
from storage.scored_transactions import IDS_PER_QUERY
from storage.table import BigIdentity, TableBase

FRAUD, GENUINE = "fraud", "genuine"


class Label(TableBase):
    """One verdict on one transaction; a later verdict adds a row and keeps the earlier ones."""

    __tablename__ = "labels"
    __table_args__ = (
        UniqueConstraint("request_id", "transaction_id"),
        Index(None, "transaction_id"),
    )

    id: Mapped[int] = mapped_column(BigIdentity, primary_key=True)
    transaction_id: Mapped[str] = mapped_column(String)
    verdict: Mapped[str] = mapped_column(String)
    source: Mapped[str] = mapped_column(String)
    """Origin of the label, such as `analyst` or `chargeback`."""
    author: Mapped[str] = mapped_column(MaskedText)
    time: Mapped[float] = mapped_column(Float(53))
    request_id: Mapped[str] = mapped_column(String)


COLUMNS = ("transaction_id", "verdict", "source", "author", "time", "request_id")
_INSERT = Upsert(Label.__tablename__, COLUMNS, ("request_id", "transaction_id"))


class Labels:
    """Adds and reads labels within the unit of work of the caller."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_many(self, rows: Iterable[Row]) -> int:
        """Insert labels, values in the order of `COLUMNS`; a repeated request changes nothing.

        Returns:
            Labels that are new.
        """
        return _INSERT.run(self._session, rows)

    def history(self, transaction_id: str) -> list[Label]:
        """Return every verdict on one transaction, oldest first."""
        query = select(Label).where(Label.transaction_id == transaction_id)
        return list(self._session.scalars(query.order_by(Label.time, Label.id)))

    def latest(self, transaction_ids: Sequence[str], *, apart_from: str = "") -> dict[str, Label]:
        """Return the last verdict on each of these transactions.

        Args:
            transaction_ids: ids of transactions, any number.
            apart_from: id of a request whose verdicts do not count.

        Returns:
            Labels, by transaction id; transactions without a verdict are left out.
        """
        found: dict[str, Label] = {}
        for start in range(0, len(transaction_ids), IDS_PER_QUERY):
            wanted = Label.transaction_id.in_(transaction_ids[start : start + IDS_PER_QUERY])
            query = select(Label).where(wanted, Label.request_id != apart_from)
            query = query.order_by(Label.time, Label.id)
            found |= {label.transaction_id: label for label in self._session.scalars(query)}
        return found
