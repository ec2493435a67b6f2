"""The history store: scored transactions as Parquet files in an Apache Iceberg table.

SQL answers questions about single transactions. This store holds the same transactions in columns, for what
reads many of them. [Decision 21](docs/decisions/0021-history-store.md) gives the reasons.

Import this package only where `history.location` is set: pyiceberg takes a second to import.
"""

from storage.history.place import HistoryPlace
from storage.history.reading import HistoryReader
from storage.history.store import Appended, HistoryStore
from storage.history.upkeep import Upkeep

__all__ = ["Appended", "HistoryPlace", "HistoryReader", "HistoryStore", "Upkeep"]
