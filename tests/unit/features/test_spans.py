"""Byte strings as spans of one buffer."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.spans import ByteSpans

STRINGS = st.lists(st.none() | st.binary(max_size=9), max_size=20)


@given(STRINGS)
def test_strings_survive_a_list_and_a_compact_copy(values: list[bytes | None]) -> None:
    spans = ByteSpans.from_list(values)
    assert spans.to_list() == values
    assert spans.gather().to_list() == values
    assert spans.nbytes == sum(len(value) for value in values if value is not None)


@given(STRINGS, st.randoms(use_true_random=False))
def test_taking_in_any_order_copies_no_bytes(values: list[bytes | None], random: object) -> None:
    order = np.random.default_rng(len(values)).permutation(len(values))
    spans = ByteSpans.from_list(values)
    taken = spans.take(order)
    assert taken.to_list() == [values[k] for k in order]
    assert taken.buffer is spans.buffer


@given(STRINGS, st.integers(0, 3))
def test_arrow_holds_the_same_strings(values: list[bytes | None], cut: int) -> None:
    spans = ByteSpans.from_list(values)
    assert spans.to_arrow().to_pylist() == values
    for kind in (pa.binary(), pa.large_binary()):
        array = pa.array(values, kind)[cut:]
        assert ByteSpans.from_arrow(array).to_list() == values[cut:]


def test_strings_in_a_row_reach_arrow_without_a_copy() -> None:
    spans = ByteSpans.from_list([b"skipped", b"a", b"bc"]).take(slice(1, None))
    array = spans.to_arrow()
    assert array.to_pylist() == [b"a", b"bc"]
    assert array.buffers()[2].address == spans.buffer.ctypes.data


def test_other_arrow_arrays_are_refused() -> None:
    with pytest.raises(TypeError, match="binary or string array, not from int64"):
        ByteSpans.from_arrow(pa.array([1]))
