"""Compare the table from keys to slots with a dictionary."""

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from features.byte_strings import ByteStrings
from features.schema import MAX_KEY_BYTES
from features.slots import ABSENT, SlotTable

KEYS = st.lists(st.binary(min_size=1, max_size=3) | st.binary(min_size=60, max_size=64), max_size=40)


class TableAgainstDictionary(RuleBasedStateMachine):
    """Inserts, finds and removes in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.table = SlotTable()
        self.model: dict[bytes, int] = {}

    @rule(keys=KEYS)
    def insert(self, keys: list[bytes]) -> None:
        slots = self.table.lookup_or_insert(ByteStrings.from_list(keys))
        for key, slot in zip(keys, slots.tolist(), strict=True):
            assert self.model.setdefault(key, slot) == slot

    @rule(keys=KEYS)
    def look_up(self, keys: list[bytes]) -> None:
        slots = self.table.lookup(ByteStrings.from_list(keys))
        assert slots.tolist() == [self.model.get(key, ABSENT) for key in keys]

    @rule(share=st.floats(0, 1))
    def remove(self, share: float) -> None:
        keys = sorted(self.model)[: int(share * len(self.model))]
        self.table.remove(np.array([self.model.pop(key) for key in keys], np.int32))

    @invariant()
    def slots_are_different_and_lead_back_to_their_keys(self) -> None:
        assert len(self.table) == len(self.model) == len(set(self.model.values()))
        slots = np.array(list(self.model.values()), np.int32)
        assert self.table.key_bytes(slots).to_list() == list(self.model)
        assert self.table.used().tolist() == sorted(self.model.values())


TestTableAgainstDictionary = TableAgainstDictionary.TestCase
TestTableAgainstDictionary.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


def test_it_grows_with_its_keys_and_uses_slots_again() -> None:
    table, keys = SlotTable(), [b"card-%d" % k for k in range(20_000)]
    first = table.lookup_or_insert(ByteStrings.from_list(keys))
    assert first.tolist() == list(range(20_000))
    table.remove(first[5_000:15_000])
    again = table.lookup_or_insert(ByteStrings.from_list([b"new-%d" % k for k in range(10_000)]))
    assert sorted(again.tolist()) == list(range(5_000, 15_000))
    assert table.lookup(ByteStrings.from_list(keys[:5_000])).tolist() == list(range(5_000))


def test_keys_with_half_a_hash_in_common_keep_their_own_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("features.slots.hash_strings", lambda keys: np.full(len(keys), 7 << 32, np.uint64))
    table, keys = SlotTable(), ByteStrings.from_list([b"a", b"b", b"c", b"a"])
    assert table.lookup_or_insert(keys).tolist() == [0, 1, 2, 0]
    assert table.lookup(ByteStrings.from_list([b"c", b"d"])).tolist() == [2, ABSENT]


@pytest.mark.parametrize("key", [b"", b"x" * (MAX_KEY_BYTES + 1)])
def test_a_key_of_a_length_that_is_not_allowed_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError, match=f"a key of {len(key)} bytes: 1 to 64 are allowed"):
        SlotTable().lookup_or_insert(ByteStrings.from_list([b"fine", key]))
