"""Where the history store is, as engines carry it to every unit of work.

It is apart from `storage.history`, which takes a second to import.
"""

from dataclasses import dataclass
from typing import Final

HISTORY: Final = "history"
"""Name of the engine's option."""


@dataclass(frozen=True)
class HistoryLocation:
    """Location and catalogue of a history store; see `storage.history.HistoryPlace`."""

    location: str
    catalog: str = ""
