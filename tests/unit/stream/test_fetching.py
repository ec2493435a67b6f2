"""When the consumer asks the broker for records."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher as aiokafka_fetcher

from stream.transport.fetcher import BatchFetcher

PARTITION = TopicPartition("transactions", 0)
REQUEST = (1, "a fetch")


class Assignment:
    """One partition, read up to offset 10."""

    tps = (PARTITION,)

    def __init__(self, *, end: int | None = 10, paused: bool = False) -> None:
        self.state = SimpleNamespace(has_valid_position=True, paused=paused, lso=end, position=10)

    def state_value(self, partition: TopicPartition) -> Any:
        return self.state


@pytest.fixture
def fetcher(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A fetcher that would fetch at once, as aiokafka does."""
    actions: tuple[Any, ...] = ([REQUEST], {}, 0.1, False, [])
    monkeypatch.setattr(aiokafka_fetcher.Fetcher, "_get_actions_per_node", lambda self, assignment: actions)
    made = BatchFetcher.__new__(BatchFetcher)
    made._polled, made._records = False, {}
    return made


def requests(fetcher: Any, assignment: Assignment) -> list[tuple[int, str]]:
    found, *others = fetcher._get_actions_per_node(assignment)
    assert others == [{}, 0.1, False, []]
    return list(found)


def test_nothing_is_fetched_before_a_poll_since_it_would_grow_old(fetcher: Any) -> None:
    assert requests(fetcher, Assignment()) == []
    fetcher._polled = True
    assert requests(fetcher, Assignment()) == [REQUEST]


def test_a_poll_that_is_about_to_return_leaves_no_fetch_open_behind_it(fetcher: Any) -> None:
    fetcher._polled, fetcher._records = True, {PARTITION: "records"}
    assert requests(fetcher, Assignment()) == []


def test_a_partition_that_is_behind_is_fetched_ahead(fetcher: Any) -> None:
    assert requests(fetcher, Assignment(end=11)) == [REQUEST]
    assert requests(fetcher, Assignment(end=11, paused=True)) == []
    assert requests(fetcher, Assignment(end=None)) == []
