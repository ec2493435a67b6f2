"""A batch is bit-identical after the round trip through Arrow."""

import numpy as np
import pytest

from contracts.stage_batch import BatchFormat, ForeignBatch, stage_schema, to_message
from stream.batch import Batch, from_record_batch
from stream.batch import to_record_batch as to_arrow
from tests.batches import batch_of
from tests.stage_messages import read_messages

SCHEMA = stage_schema(["card", "merchant"], 4)


def through_messages(*batches: Batch) -> Batch:
    messages = [to_message(to_arrow(batch, SCHEMA)).to_pybytes() for batch in batches]
    rows, refused = read_messages(messages, SCHEMA)
    assert (rows.num_rows, refused) == (sum(len(batch) for batch in batches), [])
    return from_record_batch(rows, SCHEMA)


def test_everything_comes_back() -> None:
    batch = batch_of(7)
    back = through_messages(batch.take(np.array([5, 6])), batch.take(np.arange(5)))
    order = np.array([5, 6, 0, 1, 2, 3, 4])
    assert back.features.tobytes() == batch.features[order].tobytes()
    assert back.columns.id.to_list() == batch.columns.id.take(order).to_list()
    assert [keys.to_list() for keys in back.columns.keys] == [
        keys.take(order).to_list() for keys in batch.columns.keys
    ]
    for name in ("time", "amount", "currency", "category", "channel"):
        assert getattr(back.columns, name).tolist() == getattr(batch.columns, name)[order].tolist()
    assert back.source_offset.tolist() == order.tolist()
    assert back.arrival.tolist() == batch.arrival[order].tolist()


def test_nothing_gives_an_empty_batch() -> None:
    assert len(through_messages()) == 0


@pytest.mark.parametrize("width", [3, 5])
def test_a_batch_of_another_configuration_is_refused(width: int) -> None:
    other = stage_schema(["card", "merchant"], width)
    message = to_message(to_arrow(batch_of(2, width), other)).to_pybytes()
    with pytest.raises(ForeignBatch, match="columns"):
        BatchFormat(SCHEMA).read(message)


def test_rubbish_is_refused() -> None:
    with pytest.raises(ForeignBatch):
        BatchFormat(SCHEMA).read(b"no arrow at all")
