"""A place before the newest score is not believed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from stream.partition import checked_place
from stream.partition.checked_place import CheckedPlace
from stream.partition.stage import Resume

INPUTS = ("payments", "hop", "returned")
PAYMENTS, HOP, RETURNED = (TopicPartition(topic, 3) for topic in INPUTS)
FORGOTTEN: Mapping[TopicPartition, Resume | None] = {PAYMENTS: None, HOP: None, RETURNED: None}
RIGHT: Mapping[TopicPartition, Resume | None] = {
    PAYMENTS: Resume(90),
    HOP: Resume(30),
    RETURNED: Resume(40, "80"),
}
OLD: Mapping[TopicPartition, Resume | None] = {
    PAYMENTS: Resume(60),
    HOP: Resume(10),
    RETURNED: Resume(20, "50"),
}


class Broker:
    """Gives its answers in turn; the last one for ever."""

    def __init__(self, *answers: Mapping[TopicPartition, Resume | None]) -> None:
        self._answers = list(answers)
        self.asked: list[Sequence[TopicPartition]] = []

    async def places(self, partitions: Sequence[TopicPartition]) -> dict[TopicPartition, Resume | None]:
        self.asked.append(partitions)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return {partition: answer[partition] for partition in partitions}

    async def earliest(self, partition: TopicPartition) -> int:
        return 7


def committed(
    partition: TopicPartition,
    broker: Broker,
    *,
    scored: int,
    inputs: Sequence[str] = INPUTS,
    patience_s: float = 0.05,
) -> Resume | None:
    async def scored_end(number: int) -> int:
        assert number == partition.partition
        return scored

    async def announced_end(number: int) -> int:
        assert number == partition.partition
        return 85

    place = CheckedPlace(cast(Any, broker), scored_end, announced_end, inputs, patience_s=patience_s)
    return asyncio.run(place.committed(partition))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checked_place, "_RETRY_S", 0.001)


@pytest.mark.parametrize("partition", [PAYMENTS, HOP, RETURNED])
@pytest.mark.parametrize("scored", [0, 80])
def test_a_place_that_fits_the_newest_score_is_taken_at_once(partition: TopicPartition, scored: int) -> None:
    broker = Broker(RIGHT)
    assert committed(partition, broker, scored=scored) == RIGHT[partition]
    assert broker.asked == [[PAYMENTS, HOP, RETURNED]]


@pytest.mark.parametrize("partition", [PAYMENTS, RETURNED])
@pytest.mark.parametrize("wrong", [FORGOTTEN, OLD], ids=["forgotten", "old"])
def test_a_wrong_place_is_asked_for_again(
    partition: TopicPartition, wrong: Mapping[TopicPartition, Resume | None]
) -> None:
    broker = Broker(wrong, wrong, RIGHT)
    assert committed(partition, broker, scored=80, patience_s=60.0) == RIGHT[partition]
    assert len(broker.asked) == 4  # the right answer twice: one alone may still be on its way to it


def test_where_nothing_was_scored_there_may_be_no_place() -> None:
    assert committed(RETURNED, Broker(FORGOTTEN), scored=0) is None


@pytest.mark.parametrize(
    ("wrong", "partition", "place"),
    [
        (FORGOTTEN, PAYMENTS, Resume(85)),
        (FORGOTTEN, HOP, None),  # it continues at its checkpoint
        (FORGOTTEN, RETURNED, Resume(7, "80")),
        (OLD, PAYMENTS, Resume(85)),
        (OLD, HOP, Resume(10)),
        (OLD, RETURNED, Resume(20, "80")),
    ],
)
def test_a_place_that_stays_wrong_does_not_score_again(
    wrong: Mapping[TopicPartition, Resume | None], partition: TopicPartition, place: Resume | None
) -> None:
    assert committed(partition, Broker(wrong), scored=80) == place


@pytest.mark.parametrize("wrong", [FORGOTTEN, OLD], ids=["forgotten", "old"])
def test_with_one_entity_the_place_itself_says_what_is_scored(
    wrong: Mapping[TopicPartition, Resume | None],
) -> None:
    assert committed(PAYMENTS, Broker(wrong), scored=80, inputs=["payments"]) == Resume(80)
    assert committed(PAYMENTS, Broker(RIGHT), scored=80, inputs=["payments"]) == Resume(90)
