"""Profiles: staging, publishing, checkpoints, expiry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from features.columns import Columns
from features.profile_row import PROFILE_ROW
from features.profiles import Profiles, StaleStage
from features.windows import IDLE_S
from tests.unit.features.transactions import DAY_S, START, streams, transactions

Features = np.ndarray


def fold(profiles: Profiles, columns: Columns) -> Features:
    out = np.empty((len(columns), profiles.feature_count), np.float32)
    profiles.publish(profiles.stage(columns, out))
    return out


def rows_by_key(profiles: Profiles) -> dict[bytes | None, bytes]:
    changed = profiles.changed_since_checkpoint()
    return {key: row.tobytes() for key, row in zip(changed.keys.to_list(), changed.rows, strict=True)}


@given(streams(), st.lists(st.integers(1, 20), min_size=1, max_size=8), st.sampled_from([0, 1]))
def test_batches_of_any_size_give_the_same_bits(columns: Columns, sizes: list[int], position: int) -> None:
    whole, parts = Profiles(position), Profiles(position)
    expected = fold(whole, columns)
    at = 0
    while at < len(columns):
        size = sizes[at % len(sizes)]
        part = fold(parts, columns.take(slice(at, at + size)))
        assert part.tobytes() == expected[at : at + size].tobytes()
        at += size
    assert rows_by_key(parts) == rows_by_key(whole)
    assert parts.watermark == whole.watermark


@given(streams(), st.sampled_from([0, 1]))
def test_profiles_of_some_keys_give_the_same_bits_if_they_get_the_time(
    columns: Columns, position: int
) -> None:
    expected = fold(Profiles(position), columns)
    newest = np.maximum.accumulate(columns.time)
    keys = np.array(columns.keys[position].to_list())
    for key in set(keys.tolist()):
        mine, profiles = np.flatnonzero(keys == key), Profiles(position)
        out = np.empty((len(mine), profiles.feature_count), np.float32)
        profiles.publish(profiles.stage(columns.take(mine), out, newest[mine]))
        assert out.tobytes() == expected[mine].tobytes()
        assert profiles.watermark == newest[mine[-1]]


@given(streams(), st.integers(0, 60), st.sampled_from([0, 1]))
def test_a_discarded_stage_leaves_no_trace(columns: Columns, cut: int, position: int) -> None:
    straight, retried = Profiles(position), Profiles(position)
    expected = fold(straight, columns)
    fold(retried, columns.take(slice(0, cut)))
    out = np.empty((len(columns), retried.feature_count), np.float32)
    retried.discard(retried.stage(columns, out))
    assert fold(retried, columns.take(slice(cut, None))).tobytes() == expected[cut:].tobytes()
    assert rows_by_key(retried) == rows_by_key(straight)


@given(streams(), st.integers(0, 60), st.sampled_from([0, 1]))
def test_a_worker_restored_from_a_checkpoint_goes_on_to_the_bit(
    columns: Columns, cut: int, position: int
) -> None:
    straight, first, second = Profiles(position), Profiles(position), Profiles(position)
    expected = fold(straight, columns)
    fold(first, columns.take(slice(0, cut)))
    checkpoint = first.changed_since_checkpoint()
    second.restore(checkpoint.keys, np.frombuffer(checkpoint.rows.tobytes(), PROFILE_ROW))
    assert fold(second, columns.take(slice(cut, None))).tobytes() == expected[cut:].tobytes()


@given(streams(), st.integers(0, 60), st.sampled_from([0, 1]))
def test_when_idle_rows_expire_makes_no_difference(columns: Columns, cut: int, position: int) -> None:
    kept, expired = Profiles(position), Profiles(position)
    expected = fold(kept, columns)
    fold(expired, columns.take(slice(0, cut)))
    expired.expire()
    assert fold(expired, columns.take(slice(cut, None))).tobytes() == expected[cut:].tobytes()


def test_rows_expire_after_being_idle_and_their_slots_are_used_again() -> None:
    profiles = Profiles(0)
    fold(
        profiles,
        transactions([START, START + IDLE_S, START + IDLE_S + 1.0], [1.0] * 3, ["old", "new", "new"]),
    )
    assert profiles.expire().to_list() == [b"old"]
    assert len(profiles) == 1
    assert fold(profiles, transactions([START + IDLE_S + 2.0], [1.0], ["old"]))[0, 1] == 0.0  # age, in days
    assert len(profiles) == 2


def test_only_the_newest_stage_can_be_published_and_only_once() -> None:
    profiles, columns = Profiles(0), transactions([START], [10.0], ["c"])
    out = np.empty((1, profiles.feature_count), np.float32)
    failed = profiles.stage(columns, out)
    retried = profiles.stage(columns, out)
    with pytest.raises(StaleStage):
        profiles.publish(failed)
    profiles.publish(retried)
    with pytest.raises(StaleStage):
        profiles.publish(retried)
    discarded = profiles.stage(columns, out)
    with pytest.raises(StaleStage, match="a stage is under way"):
        profiles.expire()
    profiles.discard(discarded)
    with pytest.raises(StaleStage):
        profiles.publish(discarded)


def test_a_checkpoint_hands_out_what_changed_until_it_is_marked() -> None:
    profiles = Profiles(0)
    fold(profiles, transactions([START] * 2, [1.0, 2.0], ["a", "b"]))
    lost = profiles.changed_since_checkpoint()
    assert set(lost.keys.to_list()) == {b"a", b"b"}
    fold(profiles, transactions([START + 1], [3.0], ["b"]))
    stored = profiles.changed_since_checkpoint()
    assert set(stored.keys.to_list()) == {b"a", b"b"}
    fold(profiles, transactions([START + 2], [4.0], ["c"]))
    profiles.mark_checkpointed(stored)
    assert profiles.changed_since_checkpoint().keys.to_list() == [b"c"]


def test_rows_of_another_layout_are_refused() -> None:
    with pytest.raises(ValueError, match="profile rows have"):
        Profiles(0).restore(ByteStrings.from_list([b"c"]), np.zeros(1, "V8"))


def test_a_key_takes_at_most_464_bytes() -> None:
    profiles, n = Profiles(0), 2 * 16_384  # just full, before the table doubles
    fold(profiles, transactions(np.full(n, START), np.ones(n), [f"card-{k}" for k in range(n)]))
    assert profiles.nbytes / len(profiles) <= 464


def test_a_late_transaction_enters_with_what_it_would_have_kept_and_rewinds_nothing() -> None:
    columns = transactions([START + DAY_S, START, START + DAY_S], [10.0, 10.0, 10.0], ["c"] * 3)
    profiles = Profiles(0)
    fold(profiles, columns.take(slice(0, 2)))
    row = profiles.changed_since_checkpoint().rows[0]
    assert row["clock"].tolist() == [START + DAY_S, START + DAY_S]
    hour, day, week, month = row["windows"][:4]
    assert [hour, day] == pytest.approx([1.0, 1.0 + np.exp(-1.0)])
    assert [week, month] == pytest.approx([1.0 + np.exp(-1.0 / 7), 1.0 + np.exp(-1.0 / 30)])
