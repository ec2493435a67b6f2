"""Where the history store is, as engines carry it to every unit of work.

It is apart from `storage.history`, which takes a second to import.
"""

from dataclasses import dataclass
from typing import Final

HISTORY: Final = "history"
"""Name of the engine's option."""


@dataclass(frozen=True)
class HistoryLocation:
    """Location and catalogue of a history store; see `storage.history.HistoryPlace`.

    Attributes:
        location: a local folder, or a URL.
        catalog: the catalogue; empty for a file in a local folder.
        sql_hours: hours of event time for which SQL has all transactions too.
    """

    location: str
    catalog: str = ""
    sql_hours: float = float("inf")
