"""Every process derives the same trace ids and samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.tracing.identity import Sampling, Traced, span_of, trace_of

N = 50_000
OFFSETS = np.arange(N, dtype=np.int64)
ARRIVED = np.arange(N, dtype=np.float64) + 0.5


def drawn(share: float, partition: int = 3) -> tuple[Traced, ...]:
    return Sampling(share).choose_among(np.full(N, partition, np.int32), OFFSETS, ARRIVED)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.9])
def test_about_the_share_is_followed(share: float) -> None:
    assert len(drawn(share)) / N == pytest.approx(share, rel=0.3)


def test_all_or_none_are_followed_where_that_is_asked_for() -> None:
    assert len(drawn(1.0)) == N
    assert drawn(0.0) == ()


def test_a_larger_share_follows_what_a_smaller_one_does() -> None:
    assert set(drawn(0.01)) <= set(drawn(0.1))


def test_partitions_are_drawn_apart_and_rows_stay_together() -> None:
    here, there = ({one.offset for one in drawn(0.1, partition)} for partition in (0, 1))
    assert len(here & there) < 0.2 * len(here)
    assert all(one.arrival == one.offset + 0.5 for one in drawn(0.01))


@given(st.integers(0, 1000), st.integers(0, 2**62), st.integers(0, 2**62))
def test_batches_cut_anyhow_follow_the_same(partition: int, one: int, other: int) -> None:
    def followed(*offsets: int) -> set[int]:
        n = len(offsets)
        at = np.full(n, partition, np.int32), np.array(offsets, np.int64)
        found = Sampling(0.5).choose_among(*at, np.zeros(n))
        return {each.offset for each in found}

    assert followed(one, other) == followed(one) | followed(other)


def test_ids_differ_and_fit_what_the_standard_allows() -> None:
    traces = {trace_of("transactions", partition, offset) for partition in range(4) for offset in range(500)}
    assert len(traces) == 2_000
    assert all(0 < trace < 2**128 for trace in traces)
    assert 0 < span_of(1, "transaction") < 2**64
    assert span_of(1, "transaction") != span_of(1, "stage returned")
