"""Checks a request against what is stored; an invalid request is refused with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from contracts.request import Request
from storage import UnitOfWork
from storage.episodes import STANDING, SUPPORT, Episode, EpisodeTransaction
from storage.labels import FRAUD, GENUINE
from storage.scored_transactions import ScoredTransaction

SHOWN = 5
"""Number of ids that a message names; the answer lists all of them."""


class RequestRefused(Exception):
    """The request cannot be carried out. The message says why and what would help.

    Attributes:
        unknown: ids of the request that no stored transaction has.
    """

    def __init__(self, message: str, unknown: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.unknown = tuple(unknown)


@dataclass(frozen=True)
class Flagged:
    """The transactions of an episode as they were scored.

    Attributes:
        fraud: the flagged transactions, k of them.
        genuine: the lookalikes, h of them.
    """

    fraud: list[ScoredTransaction]
    genuine: list[ScoredTransaction]

    def fraud_features(self) -> NDArray[np.float32]:
        """Features of the flagged transactions, float32 (k, d)."""
        return _matrix(self.fraud)

    def genuine_features(self) -> NDArray[np.float32]:
        """Features of the lookalikes, float32 (h, d); (0, 0) without lookalikes."""
        return _matrix(self.genuine)

    @property
    def entities(self) -> set[tuple[str, str]]:
        """Kind and key of each entity in the flagged transactions."""
        return {pair for row in self.fraud for pair in row.entities.items()}


def examine_flag(unit: UnitOfWork, request: Request, width: int) -> Flagged:
    """Find and check the flagged transactions.

    Args:
        unit: a unit of work to read with.
        request: the flag.
        width: number of features that the base in force reads.

    Returns:
        The transactions as they were scored, without repeats.

    Raises:
        RequestRefused: the name or the transactions are missing, a transaction is unknown, contradicts an
            earlier verdict, is flagged already, or was scored with other features.
    """
    if not request.name.strip():
        raise RequestRefused("an episode needs a name")
    if not request.fraud:
        raise RequestRefused("an episode needs at least one transaction flagged as fraud")
    _refuse_both(request)
    found = _find(unit, request)
    _refuse_contradictions(unit, request)
    _refuse_duplicates(unit, request)
    flagged = Flagged([found[i] for i in _once(request.fraud)], [found[i] for i in _once(request.genuine)])
    _refuse_other_features(flagged, width)
    return flagged


def examine_label(unit: UnitOfWork, request: Request) -> dict[str, ScoredTransaction]:
    """Find and check the labelled transactions.

    Args:
        unit: a unit of work to read with.
        request: the labels.

    Returns:
        The transactions by id.

    Raises:
        RequestRefused: none is named, one is unknown, or one is named as fraud and as genuine.
    """
    if not request.fraud and not request.genuine:
        raise RequestRefused("no transactions are named")
    _refuse_both(request)
    return _find(unit, request)


def missing(unit: UnitOfWork, request: Request) -> list[str]:
    """Ids of the request that are not stored, or not yet."""
    wanted = _once((*request.fraud, *request.genuine))
    found = unit.transactions.by_ids(wanted)
    return [identity for identity in wanted if identity not in found]


def _once(ids: Iterable[str]) -> list[str]:
    """Ids in order without repeats; a request may name a transaction twice."""
    return list(dict.fromkeys(ids))


def _find(unit: UnitOfWork, request: Request) -> dict[str, ScoredTransaction]:
    wanted = _once((*request.fraud, *request.genuine))
    found = unit.transactions.by_ids(wanted)
    if unknown := [identity for identity in wanted if identity not in found]:
        raise RequestRefused(
            f"{len(unknown)} of {len(wanted)} transactions are not stored ({_some(unknown)}): "
            "an id is mistyped, not scored yet, or older than the retention",
            unknown,
        )
    return found


def _refuse_both(request: Request) -> None:
    if both := sorted(set(request.fraud) & set(request.genuine)):
        raise RequestRefused(f"named as fraud and as genuine at once: {_some(both)}")


def _refuse_contradictions(unit: UnitOfWork, request: Request) -> None:
    earlier = unit.labels.latest(_once((*request.fraud, *request.genuine)))
    said = dict.fromkeys(request.fraud, FRAUD) | dict.fromkeys(request.genuine, GENUINE)
    against = [label for identity, label in earlier.items() if label.verdict != said[identity]]
    if against:
        first = against[0]
        raise RequestRefused(
            f"{first.author} called {_some([label.transaction_id for label in against])} {first.verdict} "
            "before; send a label first if that was wrong"
        )


def _refuse_duplicates(unit: UnitOfWork, request: Request) -> None:
    part, episode = EpisodeTransaction, Episode
    query = (
        select(episode.name, episode.author, part.transaction_id)
        .join(part, part.episode_id == episode.id)
        .where(part.transaction_id.in_(request.fraud), part.role == SUPPORT)
        .where(episode.status.in_(STANDING), episode.id != request.episode_id)
    )
    if taken := unit.session.execute(query).all():
        name, author, _ = taken[0]
        raise RequestRefused(
            f"already flagged in episode {name!r} by {author}: {_some([row[2] for row in taken])}"
        )


def _refuse_other_features(flagged: Flagged, width: int) -> None:
    rows = [*flagged.fraud, *flagged.genuine]
    if other := [row.transaction_id for row in rows if len(row.features) != 4 * width]:
        raise RequestRefused(
            f"scored with other features than the base in force reads ({width}): {_some(other)}; "
            "flag transactions scored since it is live"
        )


def _matrix(rows: list[ScoredTransaction]) -> NDArray[np.float32]:
    if not rows:
        return np.zeros((0, 0), np.float32)
    return np.stack([np.frombuffer(row.features, "<f4") for row in rows]).astype(np.float32)


def _some(ids: list[str]) -> str:
    more = f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else ""
    return ", ".join(ids[:SHOWN]) + more
