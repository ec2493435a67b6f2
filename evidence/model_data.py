"""The data behind a base or detector, by hash."""

from __future__ import annotations

from control.entry import Entry, LoggedEntry
from control.errors import ControlRefused
from control.loading import LoadedBase, LoadedShadow, load
from control.parts import BASE, DETECTOR, SUPPORT
from evidence.document import Flags, Training
from evidence.subject import Subject
from meta.tensors import content_hash
from storage.episodes import LOOKALIKE
from storage.episodes import SUPPORT as FLAGGED


def training_of(entry: Entry) -> Training | None:
    """Return the training data of the base in an entry; None where it holds no base that can be loaded."""
    try:
        loaded = load(entry)
    except ControlRefused:
        return None
    base = loaded.scorer if isinstance(loaded, LoadedShadow) else loaded
    if not isinstance(base, LoadedBase):
        return None
    known = base.model.provenance
    return Training(
        artifact=content_hash(entry.parts[BASE]),
        data_hash=known.data_hash,
        first_at=known.period[0],
        last_at=known.period[1],
        rows=known.rows,
        frauds=known.frauds,
        seed=known.seed,
        held_out=tuple(known.held_out),
        features=tuple(base.model.features),
    )


def flags_of(subject: Subject, last: LoggedEntry | None) -> Flags:
    """Return what a detector was adapted to: counts, and the hash of ids and features as announced."""
    assert subject.detector is not None  # a base has no flags
    roles = [part.role for part in subject.episode.transactions] if subject.episode else []
    announced = last.entry.part_hashes if last else {}
    return Flags(
        artifact=announced.get(DETECTOR, subject.detector.content_hash),
        data_hash=announced.get(SUPPORT),
        fraud=roles.count(FLAGGED),
        genuine=roles.count(LOOKALIKE),
        adapter=subject.detector.adapter,
        base=subject.detector.parent,
    )
