"""Reads the training of a base, and thresholds, from stored envelopes of the control log."""

from __future__ import annotations

from console.context import ConsoleContext
from console.results.detectors import Training
from control.entry import Entry, Kind
from control.envelope import unseal
from control.errors import ControlRefused
from control.loading import LoadedBase, LoadedShadow, load
from control.parts import BASE
from control.rules import ALLOWED
from meta.tensors import content_hash
from storage import UnitOfWork
from storage.control_entries import ControlEntry

THRESHOLD = "threshold"
_MAY_HOLD_ONE = tuple(kind for kind in Kind if kind not in ALLOWED)
"""Rules carry no threshold, and there may be thousands of them."""


class BaseArtifacts:
    """Reads envelopes in one unit of work; envelopes that fail verification are skipped."""

    def __init__(self, context: ConsoleContext, unit: UnitOfWork) -> None:
        self._unit, self._key = unit, context.key

    def training(self, stored: ControlEntry) -> Training | None:
        """Return the training of the base in an entry, or None if its envelope cannot be read."""
        entry = self.entry(stored)
        if entry is None:
            return None
        try:
            loaded = load(entry)
        except ControlRefused:
            return None
        base = loaded.scorer if isinstance(loaded, LoadedShadow) else loaded
        return _training(base, content_hash(entry.parts[BASE])) if isinstance(base, LoadedBase) else None

    def entry(self, stored: ControlEntry) -> Entry | None:
        """Return a stored entry with its values, or None if its envelope cannot be verified."""
        value = self._unit.control.envelope(stored.control_offset)
        return self._unsealed(stored.kind, stored.entry_id, value)

    def threshold(self, begin: int, end: int | None) -> float | None:
        """Return the last joint threshold from control offset `begin` up to before `end`.

        As in workers, only the last entry of each key counts, and a retired threshold is ignored.
        """
        seen: set[tuple[str, str]] = set()
        for kind, identity, value in self._unit.control.envelopes(_MAY_HOLD_ONE, begin, end):
            if (kind, identity) in seen:
                continue
            entry = self._unsealed(kind, identity, value)
            if entry is None:
                continue
            seen.add((kind, identity))
            if THRESHOLD in entry.values and not (entry.retired and entry.kind is Kind.THRESHOLD):
                return float(entry.values[THRESHOLD])
        return None

    def _unsealed(self, kind: str, identity: str, value: bytes | None) -> Entry | None:
        if self._key is None:
            return None
        try:
            return unseal(value, f"{kind}/{identity}".encode(), self._key)
        except ControlRefused:
            return None


def _training(base: LoadedBase, artifact: str) -> Training:
    known = base.model.provenance
    first, last = known.period
    return Training(
        artifact=artifact,
        data_hash=known.data_hash,
        first_at=first,
        last_at=last,
        rows=known.rows,
        frauds=known.frauds,
        seed=known.seed,
        held_out=known.held_out,
        features=base.model.features,
    )
