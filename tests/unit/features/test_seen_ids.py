"""The table of seen ids: the first one in, repeats out, in whichever batches they come."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.bodies import body_hashes
from features.byte_strings import ByteStrings
from features.columns import Columns
from features.profiles import StaleStage
from features.seen_ids import GENERATIONS, SeenIds
from features.seen_kernels import NEW, OTHER_BODY, REPEAT
from tests.unit.features.transactions import DAY_S, START, transactions

Sent = list[tuple[int, float, float]]  # id, amount, arrival


def columns(sent: Sent) -> Columns:
    ids = ByteStrings.from_list([f"tx-{number}".encode() for number, _, _ in sent])
    amounts = [amount for _, amount, _ in sent]
    return replace(transactions([START] * len(sent), amounts, ["c"] * len(sent)), id=ids)


def arrivals(sent: Sent) -> np.ndarray:
    return np.array([arrival for _, _, arrival in sent], np.float64)


def judged(table: SeenIds, sent: Sent) -> list[int]:
    staged = table.stage(columns(sent), arrivals(sent))
    table.publish(staged)
    return [int(verdict) for verdict in staged.verdict]


def whole(table: SeenIds) -> tuple[object, ...]:
    extent = table.extent
    hashes, bodies = table.ids(extent.begin, extent.end)
    starts, since = extent.starts.tolist(), extent.since.tolist()
    return extent.begin, extent.end, extent.clock, starts, since, hashes.tolist(), bodies.tolist()


class Plain:
    """The same rules in plain Python."""

    def __init__(self, window_s: float, most: int) -> None:
        self.slice_s, self.most = window_s / GENERATIONS, most
        self.kept_s = window_s + self.slice_s
        self.clock = 0.0
        self.generations: list[tuple[float, dict[int, float]]] = []  # begin, and amount by id

    def judge(self, number: int, amount: float, arrival: float) -> int:
        self.clock = max(self.clock, arrival)
        self.generations = [one for one in self.generations if self.clock < one[0] + self.kept_s]
        known = {identity: paid for _, ids in self.generations for identity, paid in ids.items()}
        if number in known:
            return REPEAT if known[number] == amount else OTHER_BODY
        if len(known) >= self.most:
            del self.generations[0]
        full = -(-self.most // GENERATIONS)
        if (
            not self.generations
            or self.clock >= self.generations[-1][0] + self.slice_s
            or len(self.generations[-1][1]) >= full
        ):
            self.generations.append((self.clock, {}))
        self.generations[-1][1][number] = amount
        return NEW


@st.composite
def traffic(draw: st.DrawFn) -> Sent:
    """Draw few ids, two amounts, and arrivals that mostly run forwards, some far apart."""
    n = draw(st.integers(1, 150))
    steps = draw(st.lists(st.sampled_from([-5.0, 0.0, 0.0, 1.0, 7.0, 40.0, 300.0]), min_size=n, max_size=n))
    ids = draw(st.lists(st.integers(0, 60), min_size=n, max_size=n))
    amounts = draw(st.lists(st.sampled_from([1.0, 1.0, 1.0, 2.0]), min_size=n, max_size=n))
    return list(zip(ids, amounts, (START + np.cumsum(steps)).tolist(), strict=True))


def test_the_first_is_new_an_equal_one_a_repeat_and_another_body_is_noticed() -> None:
    table = SeenIds(DAY_S, 1_000)
    sent = [(1, 5.0, START), (1, 5.0, START), (2, 5.0, START), (1, 6.0, START)]
    assert judged(table, sent) == [NEW, REPEAT, NEW, OTHER_BODY]
    assert judged(table, sent) == [REPEAT, REPEAT, REPEAT, OTHER_BODY]
    assert len(table) == 2


@given(traffic(), st.sampled_from([3, 20, 64, 1_000]))
def test_it_judges_as_the_plain_rules_do(sent: Sent, most: int) -> None:
    plain = Plain(100.0, most)
    assert judged(SeenIds(100.0, most), sent) == [plain.judge(*one) for one in sent]


@given(traffic(), st.lists(st.integers(0, 150), max_size=8), st.sampled_from([3, 20, 1_000]))
def test_the_batches_in_which_ids_come_change_no_bit(sent: Sent, cuts: list[int], most: int) -> None:
    at_once, in_parts = SeenIds(100.0, most), SeenIds(100.0, most)
    places = [0, *sorted(min(cut, len(sent)) for cut in cuts), len(sent)]
    verdicts = [found for a, b in pairwise(places) if a < b for found in judged(in_parts, sent[a:b])]
    assert judged(at_once, sent) == verdicts
    assert whole(at_once) == whole(in_parts)


@given(traffic(), traffic())
def test_a_stage_that_is_not_published_leaves_no_trace(published: Sent, dropped: Sent) -> None:
    table, other = SeenIds(100.0, 40), SeenIds(100.0, 40)
    judged(table, published)
    judged(other, published)
    table.discard(table.stage(columns(dropped), arrivals(dropped)))
    table.stage(columns(dropped), arrivals(dropped))  # replaced by the next stage
    assert whole(table) == whole(other)
    assert judged(table, published) == judged(other, published)


def test_only_the_newest_stage_is_published_and_once() -> None:
    table, sent = SeenIds(DAY_S, 1_000), [(1, 5.0, START)]
    old = table.stage(columns(sent), arrivals(sent))
    new = table.stage(columns(sent), arrivals(sent))
    with pytest.raises(StaleStage):
        table.publish(old)
    table.publish(new)
    with pytest.raises(StaleStage):
        table.publish(new)


def test_an_id_is_known_for_the_whole_window_and_a_thirty_second_part_more() -> None:
    table, part = SeenIds(DAY_S, 1_000), DAY_S / GENERATIONS
    judged(table, [(1, 5.0, START), (2, 5.0, START + 0.9 * part)])
    assert judged(table, [(2, 5.0, START + 0.9 * part + DAY_S)]) == [REPEAT]
    assert judged(table, [(1, 5.0, START + part + DAY_S), (2, 5.0, START + part + DAY_S)]) == [NEW, NEW]


def test_an_earlier_arrival_does_not_turn_the_clock_back() -> None:
    table = SeenIds(DAY_S, 1_000)
    judged(table, [(1, 5.0, START), (2, 5.0, START + 2 * DAY_S), (3, 5.0, START)])
    assert judged(table, [(1, 5.0, START), (3, 5.0, START + 2 * DAY_S)]) == [NEW, REPEAT]


def test_it_never_knows_more_than_the_bound_and_says_how_many_went_early() -> None:
    table, early = SeenIds(DAY_S, 3_200), 0
    for first in range(0, 20_000, 500):
        sent = [(number, 5.0, START) for number in range(first, first + 500)]
        staged = table.stage(columns(sent), arrivals(sent))
        table.publish(staged)
        early += staged.early
        assert len(table) <= 3_200
    assert early == 20_000 - len(table)
    assert judged(table, [(19_999, 5.0, START), (0, 5.0, START)]) == [REPEAT, NEW]
    assert table.nbytes < 32 * 4_096


def test_one_batch_may_hold_more_ids_than_the_bound() -> None:
    table = SeenIds(DAY_S, 64)
    sent = [(number % 5_000, 5.0, START) for number in range(10_000)]
    assert judged(table, sent) == [NEW] * 10_000
    assert len(table) <= 64


def test_it_grows_and_still_knows_every_id() -> None:
    table = SeenIds(DAY_S, 100_000)
    sent = [(number, 5.0, START) for number in range(50_000)]
    assert set(judged(table, sent)) == {NEW}
    assert set(judged(table, sent[::-1])) == {REPEAT}


@given(traffic(), traffic())
def test_a_restored_table_goes_on_to_the_bit(before: Sent, after: Sent) -> None:
    table, restored = SeenIds(100.0, 40), SeenIds(100.0, 40)
    judged(table, before)
    restored.restore(table.extent, *table.ids(table.extent.begin, table.extent.end))
    assert judged(table, after) == judged(restored, after)
    assert whole(table) == whole(restored)


def test_a_restored_table_must_have_all_of_its_ids() -> None:
    table = SeenIds(100.0, 40)
    judged(table, [(1, 5.0, START), (2, 5.0, START)])
    with pytest.raises(ValueError, match="1 ids and 1 bodies for 2"):
        SeenIds(100.0, 40).restore(table.extent, *table.ids(0, 1))


def test_with_fewer_ids_allowed_than_it_holds_it_forgets_down_to_the_bound() -> None:
    table, smaller = SeenIds(DAY_S, 3_200), SeenIds(DAY_S, 320)
    judged(table, [(number, 5.0, START) for number in range(3_000)])
    smaller.restore(table.extent, *table.ids(table.extent.begin, table.extent.end))
    assert judged(smaller, [(5_000, 5.0, START)]) == [NEW]
    assert len(smaller) <= 320


def test_every_mapped_field_but_the_id_is_part_of_the_body() -> None:
    one = columns([(1, 5.0, START)])
    same = replace(one, id=ByteStrings.from_list([b"another"]))
    others = [
        replace(one, time=one.time + 1),
        replace(one, amount=one.amount + 1),
        replace(one, currency=one.currency + 1),
        replace(one, category=one.category + 1),
        replace(one, channel=one.channel + np.int8(1)),
        replace(one, keys=(one.keys[1], one.keys[0])),
    ]
    assert body_hashes(same)[0] == body_hashes(one)[0]
    assert len({int(body_hashes(found)[0]) for found in [one, *others]}) == 7
