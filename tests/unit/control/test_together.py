"""Records that were announced together are found again, also where a compacted log lacks some."""

from __future__ import annotations

from dataclasses import dataclass

from control.together import MORE, TOGETHER_BYTES, batches_of, changes_of, header_of


@dataclass(frozen=True)
class Told:
    """A record with headers."""

    number: int
    headers: tuple[tuple[str, bytes], ...] = ()


def told(number: int, left: int) -> Told:
    return Told(number, tuple(header_of(left)))


def divided(*records: Told) -> list[list[int]]:
    return [[one.number for one in change] for change in changes_of(records)]


def test_records_of_one_change_come_together() -> None:
    assert divided(told(1, 0), told(2, 2), told(3, 1), told(4, 0), told(5, 0)) == [[1], [2, 3, 4], [5]]


def test_a_change_whose_end_is_not_there_ends_with_the_fetch() -> None:
    assert divided(told(1, 2), told(2, 1)) == [[1, 2]]


def test_a_header_that_is_no_number_is_no_header() -> None:
    assert divided(Told(1, ((MORE, b"-1"),)), Told(2, ((MORE, b"x"),)), told(3, 0)) == [[1], [2], [3]]


def test_batches_stay_below_the_bound_and_in_order() -> None:
    sizes = [TOGETHER_BYTES // 3] * 7
    batches = batches_of(sizes)
    assert [size for batch in batches for size in sizes[batch]] == sizes
    assert all(sum(sizes[batch]) <= TOGETHER_BYTES for batch in batches)
    assert batches_of([]) == []
