"""Records that are not read, by their place in the log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Refused:
    """Records of one partition that are skipped for the same reason; nothing of their content is kept.

    Attributes:
        first: offset of the first record.
        last: offset of the last record.
        records: their number; other records may lie between the first and the last.
        size: their bytes as stored by the broker.
        reason: one of the reasons of `contracts.dead_letter`.
        detail: a few words for operators.
    """

    first: int
    last: int
    records: int
    size: int
    reason: str
    detail: str


def merged(refused: Iterable[Refused]) -> Sequence[Refused]:
    """Return one entry for each reason, in order of the first offset, so that floods stay small."""
    by_reason: dict[str, Refused] = {}
    for one in refused:
        known = by_reason.get(one.reason)
        by_reason[one.reason] = one if known is None else _joined(known, one)
    return sorted(by_reason.values(), key=lambda one: one.first)


def _joined(a: Refused, b: Refused) -> Refused:
    first, last = min(a.first, b.first), max(a.last, b.last)
    return replace(a, first=first, last=last, records=a.records + b.records, size=a.size + b.size)
