"""Training history that is stored: features as they were scored, and the verdicts since."""

from __future__ import annotations

import numpy as np
from sqlalchemy import Engine

from features.byte_strings import ByteStrings
from features.formulas import WINDOW_FORMULAS
from features.hashing import hash_strings
from features.schema import TransactionSchema
from features.vector import FeatureLayout
from flagfive.errors import UserError
from flagfive.file_history import UNNAMED
from meta.sampler import Labelled
from meta.training import NamedHistory
from storage import UnitOfWork
from storage.labelled_history import KnownFrauds, load_genuine_traffic, load_known_frauds
from storage.traffic_sample import TrafficSample

FEWEST_FRAUDS = 50
FEWEST_GENUINE = 10_000
GENUINE = 500_000  # rows, at most; 40 features of each are 80 MB


def read_stored(engine: Engine, schema: TransactionSchema, *, seed: int) -> NamedHistory:
    """Read confirmed frauds and a sample of all other traffic; episodes name the families.

    Args:
        engine: the database.
        schema: the entities, which determine the features.
        seed: equal seeds over equal tables give equal samples.

    Returns:
        The history, in the order of event time.

    Raises:
        UserError: too little is stored to learn from.
    """
    names = FeatureLayout(schema).names
    with UnitOfWork(engine, reads_only=True) as unit:
        frauds = load_known_frauds(unit.session, len(names))
        genuine = load_genuine_traffic(unit.session, unit.past, GENUINE, seed=seed)
    _refuse_little(frauds, genuine, len(names))
    families, family = _families(frauds)
    X = np.concatenate([frauds.sample.features, genuine.features])
    seconds = np.concatenate([frauds.sample.event_time, genuine.event_time])
    card = _cards([*frauds.sample.entities, *genuine.entities], schema.primary.name)
    order = np.argsort(seconds, kind="stable")
    whole = np.concatenate([family, np.zeros(len(genuine), np.int64)])
    rows = Labelled(X[order], whole[order], card[order], seconds[order])
    return NamedHistory(names, rows, families, formulas=WINDOW_FORMULAS)


def read_unlabelled(engine: Engine, schema: TransactionSchema, *, seed: int) -> NamedHistory:
    """Read a sample of stored traffic, without confirmed frauds and open alerts; every row counts as genuine.

    Args:
        engine: the database.
        schema: the entities, which determine the features.
        seed: equal seeds over equal tables give equal samples.

    Returns:
        The history, in the order of event time.

    Raises:
        UserError: nothing is stored, or it was scored with other entities.
    """
    names = FeatureLayout(schema).names
    with UnitOfWork(engine, reads_only=True) as unit:
        traffic = load_genuine_traffic(unit.session, unit.past, GENUINE, seed=seed)
    if not len(traffic):
        raise UserError("no scored transactions are stored; train on a file, or start a recorder first")
    if traffic.features.shape[1] != len(names):
        raise UserError(
            f"transactions are stored with {traffic.features.shape[1]} features each; the entities of the "
            f"settings give {len(names)}. Train on a file"
        )
    card = _cards(traffic.entities, schema.primary.name)
    rows = Labelled(traffic.features, np.zeros(len(traffic), np.int64), card, traffic.event_time)
    return NamedHistory(names, rows, formulas=WINDOW_FORMULAS)


def _refuse_little(frauds: KnownFrauds, genuine: TrafficSample, width: int) -> None:
    if len(frauds.sample) < FEWEST_FRAUDS:
        raise UserError(
            f"{len(frauds.sample)} confirmed frauds are stored, {FEWEST_FRAUDS} are needed to learn from. "
            "Confirm more with `flagfive label`, or train on a file"
        )
    if len(genuine) < FEWEST_GENUINE or genuine.features.shape[1] != width:
        raise UserError(
            f"{len(genuine):,} other transactions are stored with {genuine.features.shape[1]} features each; "
            f"{FEWEST_GENUINE:,} with {width} are needed"
        )


def _families(frauds: KnownFrauds) -> tuple[tuple[str, ...], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Return the names of the episodes, and the number of each fraud's name from 1 on, or UNNAMED."""
    names = tuple(sorted({name for name in frauds.episodes if name}))
    places = {name: place for place, name in enumerate(names, 1)}
    return names, np.array([places.get(name, UNNAMED) for name in frauds.episodes], np.int64)


def _cards(entities: list[dict[str, str]], primary: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    keys = ByteStrings.from_list([found.get(primary, "").encode() for found in entities])
    return hash_strings(keys).view(np.int64)
