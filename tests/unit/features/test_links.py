"""Links: the number of different partners in 7 days, against an exact count without sketches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.byte_strings import ByteStrings
from features.columns import Columns
from features.link_kernel import ESTIMATES, LINK_HOURS
from features.offline import Featuriser, columns_from
from features.profile_row import CELLS, PARTNERS, PROFILE_ROW, ROW_BEFORE_LINKS, as_current_rows
from features.profiles import Profiles
from features.schema import EntityField, TransactionSchema
from features.windows import DAY_S, HOUR_S
from tests.unit.features.transactions import START, streams, transactions

Links = np.ndarray
KINDS = TransactionSchema(
    entities=(
        EntityField("card", "card_id"),
        EntityField("merchant", "merchant_id"),
        EntityField("device", "device_id"),
    )
)


def links(profiles: Profiles, columns: Columns) -> Links:
    out, found = (
        np.empty((len(columns), profiles.feature_count), np.float32),
        np.empty(len(columns), np.float32),
    )
    profiles.publish(profiles.stage(columns, out, links=found))
    return found


def counted(columns: Columns, position: int) -> list[int]:
    """Return the different partners of each transaction's entity in 168 hours, from a list of meetings."""
    own, partner = columns.keys[position].to_list(), columns.keys[1 if position == 0 else 0].to_list()
    hours = (columns.time // HOUR_S).astype(int).tolist()
    found, met = [], dict[bytes | None, dict[bytes | None, int]]()
    for entity, other, hour in zip(own, partner, hours, strict=True):
        of_entity = met.setdefault(entity, {})
        found.append(sum(hour - last <= LINK_HOURS for last in of_entity.values()))
        of_entity[other] = max(of_entity.get(other, hour), hour)
    return found


@st.composite
def meetings(draw: st.DrawFn) -> Columns:
    """Draw up to 200 transactions of up to 20 cards on few devices; some come late."""
    n = draw(st.integers(1, 200))
    steps = draw(st.lists(st.sampled_from([0.0, 900.0, 7_200.0, 90_000.0]), min_size=n, max_size=n))
    late = draw(st.lists(st.sampled_from([0.0, 0.0, 0.0, 30_000.0]), min_size=n, max_size=n))
    cards = draw(st.lists(st.integers(0, 19), min_size=n, max_size=n))
    devices = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return transactions(
        START + np.cumsum(steps) - np.array(late),
        np.ones(n),
        [f"c{k}" for k in cards],
        [f"d{k}" for k in devices],
    )


@given(meetings(), st.sampled_from([0, 1]))
def test_up_to_24_partners_are_counted_exactly(columns: Columns, position: int) -> None:
    assert links(Profiles(position), columns).tolist() == counted(columns, position)


@given(streams(), st.lists(st.integers(1, 20), min_size=1, max_size=8), st.sampled_from([0, 1]))
def test_batches_of_any_size_give_the_same_links(columns: Columns, sizes: list[int], position: int) -> None:
    whole, parts, at = links(Profiles(position), columns), Profiles(position), 0
    while at < len(columns):
        size = sizes[at % len(sizes)]
        part = links(parts, columns.take(slice(at, at + size)))
        assert part.tobytes() == whole[at : at + size].tobytes()
        at += size


def busy(partners: int, seed: int) -> Columns:
    """Return 3 meetings of each partner with one device, in random order within 6 days."""
    random = np.random.default_rng(seed)
    cards = random.permutation(np.repeat(np.arange(partners), 3))
    times = START + np.sort(random.uniform(0, 6 * DAY_S, len(cards)))
    return transactions(times, np.ones(len(cards)), [f"{seed}-{k}" for k in cards], ["d"] * len(cards))


@pytest.mark.parametrize(("partners", "most"), [(25, 0.15), (50, 0.15), (100, 0.17), (200, 0.22)])
def test_more_partners_are_estimated_with_the_stated_error(partners: int, most: float) -> None:
    errors = []
    for seed in range(60):
        columns = busy(partners, seed)
        truth, found = counted(columns, 1)[-1], float(links(Profiles(1), columns)[-1])
        errors.append(found / truth - 1.0)
    assert np.sqrt(np.mean(np.square(errors))) < most
    assert abs(np.mean(errors)) < most / 2


def test_an_estimate_goes_down_again_hour_by_hour() -> None:
    profiles = Profiles(1)
    full = links(profiles, busy(150, 0))[-1]
    days = START + DAY_S * np.array([9.0, 10.5, 12.0, 13.5])
    later = links(profiles, transactions(days, np.ones(4), ["x"] * 4, ["d"] * 4)).tolist()
    assert full > later[0] > later[1] > later[2] > later[3] == 1.0


def test_a_checkpoint_in_the_midst_changes_no_link() -> None:
    columns, first, second = busy(60, 1), Profiles(1), Profiles(1)
    whole = links(Profiles(1), columns)
    links(first, columns.take(slice(0, 100)))
    rows = first.changed_since_checkpoint()
    second.restore(rows.keys, np.frombuffer(rows.rows.tobytes(), PROFILE_ROW))
    assert links(second, columns.take(slice(100, None))).tobytes() == whole[100:].tobytes()


def test_rows_of_earlier_releases_count_exactly_up_to_24_partners_at_once() -> None:
    few, cut = busy(20, 2), 40
    whole, old, new = links(Profiles(1), few), Profiles(1), Profiles(1)
    links(old, few.take(slice(0, cut)))
    rows = old.changed_since_checkpoint().rows
    before = np.zeros(1, ROW_BEFORE_LINKS)
    for name in ROW_BEFORE_LINKS.names or ():
        before[name] = rows[name]
    new.restore(ByteStrings.from_list([b"d"]), as_current_rows(before))
    assert links(new, few.take(slice(cut, None))).tobytes() == whole[cut:].tobytes()


def test_each_entity_but_the_card_counts_cards_and_the_card_counts_merchants() -> None:
    columns = columns_from(
        START + np.arange(4.0),
        np.ones(4),
        (np.array(list("abca")), np.array(list("mnmm")), np.array(list("ddde"))),
    )
    featuriser = Featuriser(KINDS)
    _, found = featuriser.features_and_links(columns)
    assert featuriser.layout.links == ("card_merchants_7d", "merchant_cards_7d", "device_cards_7d")
    assert found.tolist() == [[0, 0, 0], [0, 0, 1], [0, 1, 2], [1, 2, 0]]


def test_estimates_grow_with_the_cells_in_use_and_begin_where_the_exact_count_ends() -> None:
    assert len(ESTIMATES) == CELLS + 1
    assert ESTIMATES[0] == PARTNERS
    assert ESTIMATES[-1] == 311
    assert (np.diff(ESTIMATES) >= 0).all()
