"""Past traffic, for questions over many stored transactions: one port, read from SQL or the history store.

`UnitOfWork.past` is the port. `storage.past.choosing` is the only place that knows which of the two is read.
"""

from storage.past.port import FoundTransactions, Part, PastTraffic, SlimColumns

__all__ = ["FoundTransactions", "Part", "PastTraffic", "SlimColumns"]
