"""What every service needs: database, settings, card masks, broker, models and clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Engine

from console.access.seal import Seal
from console.card_tokens import CardTokens
from console.drafts import Drafts
from console.feedback import Feedback
from console.lag import Lag
from console.lists import ListCache
from console.models.process import ScoringModels
from contracts.signing.trust import Trust
from control.keys import ControlKey
from settings import Settings
from storage import UnitOfWork


@dataclass(frozen=True)
class ConsoleContext:
    """Shared by all requests of one console."""

    engine: Engine
    settings: Settings
    cards: CardTokens
    feedback: Feedback
    models: ScoringModels
    lag: Lag
    seal: Seal = field(default_factory=Seal.that_ends_with_the_process, kw_only=True)
    """Encrypts secrets of users for the database; `flagfive console` gives one that outlives the process."""
    trust: Trust | None = field(default=None, kw_only=True)
    """Signs evidence files as the console; None makes none."""
    drafts: Drafts = field(default_factory=lambda: Drafts(time.monotonic), kw_only=True)
    """Drafts of previews whose matches are still to be searched."""
    lists: ListCache = field(default_factory=ListCache, kw_only=True)
    """Named lists as stored."""
    clock: Callable[[], float] = field(default=time.time)
    key: ControlKey | None = None
    """Verifies the control log; None shows nothing of its content."""

    def unit(self, *, reads_only: bool = False) -> UnitOfWork:
        """A new unit of work."""
        return UnitOfWork(self.engine, reads_only=reads_only)
