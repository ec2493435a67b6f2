"""Messages and columns of a chunk equal those that the stream decodes, and do not reveal the truth."""

import json
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.card_numbers import has_card_number
from features.decode import Decoder
from features.schema import EntityField, TransactionSchema
from simulate.chunk import Chunk, UnknownEntity
from simulate.patterns import EVERY
from simulate.traffic import SimulatedTraffic
from simulate.truth import TruthFile
from stream.feed.rows import RowEncoder

START = 1_750_000_000.0
SCHEMA = TransactionSchema(time="time", category="category", time_unit="ms")


@pytest.fixture(scope="module")
def chunk() -> Chunk:
    return next(
        iter(SimulatedTraffic(seed=3, cards=2_000).history(START, days=8.0, families=EVERY, fraud_share=0.05))
    )


def messages(chunk: Chunk) -> list[bytes]:
    return [value or b"" for value in RowEncoder(SCHEMA).encode(chunk.fields(SCHEMA))[1].to_list()]


def test_features_columns_are_what_the_stream_decodes(chunk: Chunk) -> None:
    keys, values = RowEncoder(SCHEMA).encode(chunk.fields(SCHEMA))
    decoded, rejects = Decoder(SCHEMA).decode(values, np.full(len(chunk), chunk.time[-1]))
    told = chunk.features_columns(SCHEMA)
    assert len(rejects) == 0
    for column in ("row", "time", "amount", "currency", "category", "channel"):
        np.testing.assert_array_equal(getattr(told, column), getattr(decoded, column), err_msg=column)
    assert told.id.to_list() == decoded.id.to_list()
    assert [key.to_list() for key in told.keys] == [key.to_list() for key in decoded.keys]
    assert keys.to_list() == told.keys[0].to_list()


def test_messages_hold_the_fields_of_the_schema_and_nothing_of_the_truth(chunk: Chunk) -> None:
    names = {name for _, name in SCHEMA.fields()}
    for message in messages(chunk)[:500]:
        assert set(json.loads(message)) == names
    everything = b"".join(messages(chunk))
    assert not re.search("|".join(["fraud", "family", *EVERY]).encode(), everything)


def test_ids_tell_nothing_of_the_truth(chunk: Chunk) -> None:
    """The first letters of ids have the same distribution for frauds and genuine payments."""
    letters = np.array([identity[3] for identity in chunk.ids()])
    shares = [
        np.bincount(letters[at].view(np.int32), minlength=128) / at.sum()
        for at in (chunk.fraud, ~chunk.fraud)
    ]
    assert np.abs(shares[0] - shares[1]).max() < 0.05


def test_no_message_passes_for_one_with_a_card_number(chunk: Chunk) -> None:
    assert not any(has_card_number(message, START) for message in messages(chunk)[:3_000])
    every_id = [*chunk.ids(), *(name.decode() for name in [*chunk.names.cards, *chunk.names.merchants])]
    assert not any(identity.isdigit() or re.search(r"\d{13}", identity) for identity in every_id)


def test_entities_come_under_the_names_and_fields_of_the_schema(chunk: Chunk) -> None:
    schema = TransactionSchema(entities=(EntityField("terminal", "TERMINAL"), EntityField("customer", "WHO")))
    fields = chunk.fields(schema)
    assert fields["TERMINAL"][0].as_py().startswith("shop_")
    assert fields["WHO"][0].as_py().startswith("card_")


def test_optional_fields_that_the_schema_lacks_are_left_out(chunk: Chunk) -> None:
    fields = chunk.fields(TransactionSchema(currency=None, channel=None))
    assert set(fields) == {"transaction_id", "timestamp", "amount", "mcc", "card_id", "merchant_id"}


def test_an_entity_that_payments_do_not_have_is_named_with_those_they_have(chunk: Chunk) -> None:
    schema = TransactionSchema(entities=(EntityField("device", "device_id"),))
    with pytest.raises(UnknownEntity, match=r"'device'.*card.*merchant"):
        chunk.fields(schema)


def test_the_truth_file_says_of_every_id_whether_it_is_fraud(chunk: Chunk, tmp_path: Path) -> None:
    with TruthFile(tmp_path / "truth.parquet") as truth:
        truth.add(chunk)
        truth.add(chunk)
    table = pq.read_table(tmp_path / "truth.parquet").to_pydict()
    assert table["transaction_id"] == chunk.ids() * 2
    assert table["family"] == chunk.family.tolist() * 2
    assert table["fraud"] == chunk.fraud.tolist() * 2
