"""The last hours, for which SQL has all transactions although a history store has them too."""

from __future__ import annotations

from sqlalchemy.orm import Session

from storage.scored_transactions import ScoredTransactions

_HOUR_S = 3600.0


def whole_since(session: Session, sql_hours: float, *, now: float) -> float:
    """Return the event time from which on SQL has all transactions, seconds since 1970.

    The hours count from the newest event time, so that a replayed history is not deleted on arrival, and from
    `now` at most, since a wrong event time may be years ahead.

    Args:
        session: the session of a unit of work.
        sql_hours: hours of event time that SQL keeps whole.
        now: the current time, seconds since 1970.
    """
    newest = ScoredTransactions(session).newest_event_time()
    return min(now if newest is None else newest, now) - sql_hours * _HOUR_S
