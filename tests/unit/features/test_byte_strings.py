"""Byte strings of a batch in one buffer."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.byte_strings import ByteStrings

STRINGS = st.lists(st.none() | st.binary(max_size=9), max_size=20)


@given(STRINGS)
def test_strings_survive_a_list_and_a_compact_copy(values: list[bytes | None]) -> None:
    batches = ByteStrings.from_list(values)
    assert batches.to_list() == values
    assert batches.gather().to_list() == values
    assert batches.nbytes == sum(len(value) for value in values if value is not None)


@given(STRINGS, st.randoms(use_true_random=False))
def test_taking_in_any_order_copies_no_bytes(values: list[bytes | None], random: object) -> None:
    order = np.random.default_rng(len(values)).permutation(len(values))
    batches = ByteStrings.from_list(values)
    taken = batches.take(order)
    assert taken.to_list() == [values[k] for k in order]
    assert taken.buffer is batches.buffer


@given(STRINGS, st.integers(0, 3))
def test_arrow_holds_the_same_strings(values: list[bytes | None], cut: int) -> None:
    batches = ByteStrings.from_list(values)
    assert batches.to_arrow().to_pylist() == values
    for kind in (pa.binary(), pa.large_binary()):
        array = pa.array(values, kind)[cut:]
        assert ByteStrings.from_arrow(array).to_list() == values[cut:]


def test_strings_in_a_row_reach_arrow_without_a_copy() -> None:
    batches = ByteStrings.from_list([b"skipped", b"a", b"bc"]).take(slice(1, None))
    array = batches.to_arrow()
    assert array.to_pylist() == [b"a", b"bc"]
    assert array.buffers()[2].address == batches.buffer.ctypes.data


def test_other_arrow_arrays_are_refused() -> None:
    with pytest.raises(TypeError, match="binary or string array, not from int64"):
        ByteStrings.from_arrow(pa.array([1]))
