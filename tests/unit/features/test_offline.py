"""The live code computes the features of whole files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.columns import Columns
from features.keys import keys_from
from features.offline import Featuriser, columns_from, featurise
from features.schema import TransactionSchema
from tests.unit.features.transactions import streams

SCHEMA = TransactionSchema()


@given(streams(), st.integers(1, 60))
def test_a_file_in_parts_gives_the_same_bits_as_whole(columns: Columns, cut: int) -> None:
    featuriser = Featuriser(SCHEMA)
    parts = [featuriser.features(columns.take(part)) for part in (slice(0, cut), slice(cut, None))]
    assert np.concatenate(parts).tobytes() == featurise(SCHEMA, columns).tobytes()


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integer_keys_are_written_as_a_message_would(values: list[int]) -> None:
    assert keys_from(np.array(values, np.int64)).to_list() == [str(value).encode() for value in values]


@given(st.lists(st.text()))
def test_string_keys_are_utf8(values: list[str]) -> None:
    encodable = [value for value in values if value.isprintable()]
    assert keys_from(np.array(encodable, object)).to_list() == [value.encode() for value in encodable]


def test_bytes_of_one_width_are_taken_where_they_lie() -> None:
    values = np.array([b"a", b"", b"card"])
    keys = keys_from(values)
    assert keys.to_list() == values.tolist()
    assert np.shares_memory(keys.buffer, values)


def test_keys_of_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="keys of type float64"):
        keys_from(np.array([1.5]))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"keys\[1\] has 1 values, time has 2"):
        columns_from([1.0, 2.0], [1.0, 2.0], (np.array([1, 2]), np.array([1])))
