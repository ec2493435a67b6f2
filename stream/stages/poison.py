"""Find the transactions that make a batch fail, and process the others.

One bad record must not end a worker (faust#586) or be retried for ever.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from mode import get_logger
from numpy.typing import NDArray

from stream.batch import Batch

Result = TypeVar("Result")
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Poison:
    """A transaction that cannot be processed: its row in the batch, and the type of the error."""

    row: int
    error: str


def process_without_poison(
    batch: Batch, attempt: Callable[[Batch], Result]
) -> tuple[Result, Batch, list[Poison]]:
    """Process a batch without the transactions that make it fail.

    A batch that fails is halved until each failing transaction is alone: about 2 log2(n) attempts for one.

    Args:
        batch: the transactions.
        attempt: processes a batch without lasting effect; raises an exception where it cannot.

    Returns:
        The result, the processed transactions, and the others.
    """
    try:
        return attempt(batch), batch, []
    except Exception:
        poison = _find(batch, np.arange(len(batch)), attempt)
    keep = np.ones(len(batch), bool)
    keep[[one.row for one in poison]] = False
    rest = batch.take(np.flatnonzero(keep))
    return attempt(rest), rest, poison


def poison_within(poison: Sequence[Poison], begin: int, end: int) -> list[Poison]:
    """Return those in rows `begin` to `end` (not included), counted from `begin`."""
    return [Poison(one.row - begin, one.error) for one in poison if begin <= one.row < end]


def _find(batch: Batch, rows: NDArray[np.int64], attempt: Callable[[Batch], object]) -> list[Poison]:
    if not len(rows):
        return []
    try:
        attempt(batch.take(rows))
    except Exception as error:
        if len(rows) == 1:
            row = int(rows[0])
            place = batch.source_partition[row], batch.source_offset[row]
            log.error("transaction %d/%d cannot be processed: %r", *place, error, exc_info=error)
            return [Poison(row, type(error).__name__)]
        half = len(rows) // 2
        return _find(batch, rows[:half], attempt) + _find(batch, rows[half:], attempt)
    return []
