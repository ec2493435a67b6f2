"""A JSON parser reads back the output of the kernels."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.wire import json_kernels as kernels


def written(put: object, *arguments: object, room: int = 1000) -> str:
    out = np.zeros(room, np.uint8)
    end = put(out, 0, *arguments)  # type: ignore[operator]
    return bytes(out[:end]).decode()


@given(st.text(max_size=100))
def test_any_text_comes_back(text: str) -> None:
    raw = np.frombuffer(text.encode(errors="ignore"), np.uint8)
    assert json.loads(written(kernels.put_string, raw, 0, len(raw))) == text.encode(errors="ignore").decode()


@given(st.integers(-(2**62), 10**17))
def test_any_integer_comes_back(value: int) -> None:
    value = max(value, -(10**17))
    assert written(kernels.put_integer, value) == str(value)


@given(st.floats(-1e9, 1e9), st.integers(1, 6))
def test_a_number_comes_back_to_its_decimals(value: float, decimals: int) -> None:
    text = written(kernels.put_fixed, value, decimals)
    assert json.loads(text) == pytest.approx(value, abs=0.51 * 10**-decimals, rel=1e-12)
    assert len(text.partition(".")[2]) == decimals


@given(st.floats(0.0, 12.0))
def test_a_share_keeps_four_digits(surprise: float) -> None:
    share = json.loads(written(kernels.put_share, surprise))
    assert share == pytest.approx(10.0**-surprise, rel=6e-4)
    assert 0.0 < share <= 1.0
