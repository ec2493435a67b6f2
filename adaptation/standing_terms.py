"""The terms that count now: those of the settings file, and over them what an administrator set since."""

from __future__ import annotations

from dataclasses import fields, replace

from sqlalchemy import Engine

from adaptation.terms import Terms
from storage import UnitOfWork

KNOWN = {field.name for field in fields(Terms)}


class StandingTerms:
    """`current` is replaced as a whole by `reread`. `filed` are those of the settings file."""

    def __init__(self, engine: Engine, filed: Terms) -> None:
        self._engine = engine
        self.filed = self.current = filed

    def reread(self) -> None:
        """Take over what was set last. Raises StorageUnavailable."""
        with UnitOfWork(self._engine, reads_only=True) as unit:
            policy = unit.policies.current()
        told = policy.terms if policy else {}
        self.current = replace(self.filed, **{name: told[name] for name in KNOWN & told.keys()})
