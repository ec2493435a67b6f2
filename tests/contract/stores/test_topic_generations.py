"""Rows of a topic that was created again do not look like repeats."""

from sqlalchemy import Engine

from recorder.generations import Generations, TopicNames
from recorder.rows import scored_rows
from recorder.writing import RowsByTable, write
from storage import UnitOfWork
from storage.topic_generations import stored_partition
from tests.scored_messages import scored_message

NAMES = TopicNames("transactions", "control")


def test_each_id_of_a_topic_is_a_generation_and_the_first_is_zero(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        ids = ("one", "two", "one", "three")
        assert [unit.generations.of("t", one, time=1.0) for one in ids] == [0, 1, 0, 2]
        assert unit.generations.of("other", "one", time=1.0) == 0


def test_only_rows_that_are_new_are_counted(engine: Engine) -> None:
    rows = scored_rows(scored_message(0, range(10)))
    with UnitOfWork(engine) as unit:
        assert [unit.transactions.add_many(some) for some in (rows[:6], rows, rows)] == [6, 4, 0]


def test_offsets_that_come_again_from_another_topic_are_stored_beside_the_first(engine: Engine) -> None:
    message = scored_message(3, range(10))
    for topic_id in ("first", "second", "second", "first"):
        read = scored_rows(message)
        write(engine, RowsByTable(read, topics=NAMES, ids={"transactions": topic_id, "control": "same"}))
    with UnitOfWork(engine, reads_only=True) as unit:
        assert unit.transactions.offset_ranges() == {3: (0, 9), stored_partition(1, 3): (0, 9)}


def test_where_topics_have_no_ids_rows_are_keyed_as_before(engine: Engine) -> None:
    with UnitOfWork(engine) as unit:
        assert Generations.of(unit, NAMES, {}) == Generations()
