"""A transaction that cannot be processed is found and skipped; the others are processed."""

from hypothesis import given
from hypothesis import strategies as st

from stream.batch import Batch
from stream.stages.poison import process_without_poison
from tests.batches import batch_of


@given(st.integers(1, 60), st.sets(st.integers(0, 59)))
def test_just_the_poison_is_left_out(count: int, poisoned: set[int]) -> None:
    poisoned = {row for row in poisoned if row < count}

    def offsets_unless_poisoned(batch: Batch) -> list[int]:
        found: list[int] = batch.source_offset.tolist()
        if poisoned & set(found):
            raise ZeroDivisionError
        return found

    result, rest, poison = process_without_poison(batch_of(count), offsets_unless_poisoned)
    assert result == rest.source_offset.tolist() == [i for i in range(count) if i not in poisoned]
    assert {one.row for one in poison} == poisoned
    assert {one.error for one in poison} <= {"ZeroDivisionError"}


def test_one_among_a_thousand_takes_few_attempts() -> None:
    attempts = []

    def attempt(batch: Batch) -> None:
        attempts.append(len(batch))
        assert 700 not in batch.source_offset

    process_without_poison(batch_of(1000), attempt)
    assert len(attempts) <= 2 + 2 * 10 + 1
