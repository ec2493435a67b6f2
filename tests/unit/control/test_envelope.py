"""Signed entries are read back whole; forged, cut, oversized, moved or unknown ones get a named error."""

import struct
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.signing.keys import UnusableKey
from control.entry import Entry, Kind
from control.envelope import (
    KEY_ID_BYTES,
    MAX_CONTENT,
    MAX_ENVELOPE,
    MAX_HEADER,
    PREFIX,
    WITH_ID,
    key_id_of,
    seal,
    unseal,
)
from control.errors import (
    ControlRefused,
    ForgedEntry,
    MalformedEntry,
    OversizedEntry,
    TruncatedEntry,
    UnknownKind,
)
from control.keys import ControlKey

PRIVATE = "ed25519:" + "1f" * 32
KEYS = {"hmac": ControlKey.single("a secret of enough length"), "ed25519": ControlKey.single(PRIVATE)}


@pytest.fixture(params=list(KEYS))
def key(request: pytest.FixtureRequest) -> ControlKey:
    return KEYS[request.param]


def an_entry(**changes: Any) -> Entry:
    values: dict[str, Any] = {
        "kind": Kind.DETECTOR,
        "id": "gift-cards-1",
        "author": "ada",
        "reason": "five flagged transactions",
        "time": 1_700_000_000.5,
        "sequence": 12,
        "parts": {"detector": b"\x00\x01\x02", "tails": b""},
        "values": {"threshold": 3.25},
        "parent": "ab" * 32,
    }
    return Entry(**(values | changes))


def resigned(entry: Entry, key: ControlKey, **changes: Any) -> bytes:
    """Return a record with a valid signature and a wrong header."""
    value = seal(entry, key)
    magic, header_length, content_length = PREFIX.unpack_from(value)
    begin = PREFIX.size + (KEY_ID_BYTES if magic == WITH_ID else 0)
    header = msgspec.json.decode(value[begin : begin + header_length])
    content = value[begin + header_length :][:content_length]
    header = msgspec.json.encode(header | changes)
    signed = PREFIX.pack(magic, len(header), len(content)) + value[PREFIX.size : begin] + header + content
    return signed + key.sign(signed)


def test_an_entry_comes_back_as_it_was_signed(key: ControlKey) -> None:
    entry = an_entry()
    assert unseal(seal(entry, key), entry.key, key) == entry


def test_a_retirement_comes_back_as_one(key: ControlKey) -> None:
    entry = an_entry(retired=True, parts={})
    assert unseal(seal(entry, key), entry.key, key).retired


def test_everything_of_an_entry_comes_back(key: ControlKey) -> None:
    parts = {"one": b"1", "two": b"22", "three": b"", "four": b"4444"}
    entry = an_entry(parts=parts, place=7, retired=True)
    found = unseal(seal(entry, key), entry.key, key)
    assert found == entry
    assert (list(found.parts.items()), found.place) == (list(parts.items()), 7)


def test_the_largest_entry_is_signed_and_read(key: ControlKey) -> None:
    bare = len(seal(an_entry(parts={"base": bytes(MAX_CONTENT)}, reason=""), key))
    signature = len(key.sign(b""))
    prefix = PREFIX.size + (0 if key is KEYS["hmac"] else KEY_ID_BYTES)
    header = bare - prefix - MAX_CONTENT - signature
    entry = an_entry(parts={"base": bytes(MAX_CONTENT)}, reason="x" * (MAX_HEADER - header))
    value = seal(entry, key)
    assert len(value) == prefix + MAX_HEADER + MAX_CONTENT + signature
    assert unseal(value, entry.key, key) == entry
    with pytest.raises(OversizedEntry, match="header 65537 of at most 65536"):
        seal(replace(entry, reason=entry.reason + "x"), key)


def test_a_record_without_its_signature_is_truncated(key: ControlKey) -> None:
    value = seal(an_entry(), key)
    with pytest.raises(TruncatedEntry):
        unseal(value[: -len(key.sign(b""))], an_entry().key, key)


def test_an_entry_counts_as_signed_by_the_key_that_it_names() -> None:
    """Otherwise an attacker could let a retired key's entry pass under the id of a valid one."""
    one, other = (ControlKey.single("ed25519:" + digits * 32).signer for digits in ("1f", "2e"))
    value = seal(an_entry(), ControlKey(one, (one,)))
    begin, end = PREFIX.size, PREFIX.size + KEY_ID_BYTES
    content = value[:begin] + bytes.fromhex(other.id) + value[end : -len(one.sign(b""))]
    with pytest.raises(ForgedEntry, match=f"signed by key {other.id}"):
        unseal(content + one.sign(content), an_entry().key, ControlKey(one, (one, other)))
    with pytest.raises(ForgedEntry, match="signed by a key without id"):
        unseal(seal(an_entry(), KEYS["hmac"]), an_entry().key, ControlKey(one, (one, other)))


@given(st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    key = KEYS["hmac"]
    value = bytearray(seal(an_entry(), key))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ControlRefused):
        unseal(bytes(value), an_entry().key, key)


@given(st.integers(0, len(seal(an_entry(), KEYS["ed25519"])) - 1))
def test_any_shorter_record_is_refused(length: int) -> None:
    value = seal(an_entry(), KEYS["ed25519"])[:length]
    with pytest.raises((TruncatedEntry, ForgedEntry)):
        unseal(value, an_entry().key, KEYS["ed25519"])


def test_a_record_cut_inside_its_parts_is_truncated(key: ControlKey) -> None:
    value = seal(an_entry(parts={"detector": b"x" * 500}), key)
    with pytest.raises(TruncatedEntry):
        unseal(value[:-200], an_entry().key, key)


def test_a_record_signed_with_another_key_is_forged(key: ControlKey) -> None:
    other = ControlKey.single("another secret of enough length")
    with pytest.raises(ForgedEntry, match="valid keys"):
        unseal(seal(an_entry(), other), an_entry().key, key)


def test_a_record_without_value_is_forged(key: ControlKey) -> None:
    with pytest.raises(ForgedEntry):
        unseal(None, an_entry().key, key)


def test_an_entry_moved_to_another_key_is_forged(key: ControlKey) -> None:
    with pytest.raises(ForgedEntry, match="base/default"):
        unseal(seal(an_entry(), key), b"base/default", key)


def test_an_oversized_record_is_refused_before_it_is_read(key: ControlKey) -> None:
    with pytest.raises(OversizedEntry):
        unseal(bytes(MAX_ENVELOPE + 1), b"k", key)


def test_a_record_that_claims_too_much_is_refused_before_it_is_read(key: ControlKey) -> None:
    with pytest.raises(OversizedEntry, match="claims"):
        unseal(struct.pack("<4sII", b"FFC1", 10, 2**31), b"k", key)


def test_an_oversized_entry_is_not_even_signed(key: ControlKey) -> None:
    with pytest.raises(OversizedEntry):
        seal(an_entry(parts={"base": bytes(MAX_CONTENT + 1)}), key)


def test_a_kind_of_a_later_version_is_unknown(key: ControlKey) -> None:
    with pytest.raises(UnknownKind, match="'quantum', known are base, network"):
        unseal(resigned(an_entry(), key, kind="quantum"), b"quantum/gift-cards-1", key)


@pytest.mark.parametrize(
    "changes",
    [
        {"parts": [["detector", 2]]},
        {"parts": [["detector", 5], ["tails", -2]]},
        {"content_hash": "00"},
        {"time": "noon"},
        {"extra": 1},
    ],
)
def test_signed_nonsense_is_malformed(key: ControlKey, changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEntry):
        unseal(resigned(an_entry(), key, **changes), an_entry().key, key)


def test_a_public_key_verifies_and_cannot_sign() -> None:
    private = KEYS["ed25519"]
    public = ControlKey.single(private.signer.verifying_text)
    entry = an_entry()
    assert unseal(seal(entry, private), entry.key, public) == entry
    with pytest.raises(UnusableKey, match="verify but not sign"):
        seal(entry, public)


def test_a_secret_of_sixteen_characters_signs() -> None:
    assert ControlKey.single("x" * 16).algorithm == "hmac-sha256"
    with pytest.raises(UnusableKey, match="has 15 characters"):
        ControlKey.single("x" * 15)


@pytest.mark.parametrize("name", list(KEYS))
def test_a_signature_is_of_its_key_and_of_no_other_id(name: str) -> None:
    signer = KEYS[name].signer
    signature = signer.sign(b"content")
    assert signer.verifies(b"content", signature)
    assert signer.verifies(b"content", signature, signer.id)
    assert not signer.verifies(b"content", signature, "0" * 16)
    assert not signer.verifies(b"contents", signature, signer.id)


@pytest.mark.parametrize("text", [None, "", "short", "ed25519:xyz", "ed25519-public:00"])
def test_an_unusable_key_is_refused_with_what_is_allowed(text: str | None) -> None:
    with pytest.raises(UnusableKey, match="a secret of at least 16"):
        ControlKey.single(text)


def test_a_key_does_not_show_in_its_representation() -> None:
    assert repr(KEYS["hmac"].signer) == "SharedSecret(...)"
    assert "enough" not in repr(KEYS["hmac"])


def test_the_content_hash_ignores_who_announced_and_when(key: ControlKey) -> None:
    assert an_entry().content_hash == an_entry(author="bob", time=1.0, sequence=99).content_hash
    assert an_entry().content_hash != an_entry(values={"threshold": 3.5}).content_hash
    assert an_entry().content_hash != an_entry(parts={"detector": b"\x00\x01\x03", "tails": b""}).content_hash


def test_an_entry_names_its_key_and_one_of_the_version_before_is_still_read() -> None:
    key, shared = KEYS["ed25519"], KEYS["hmac"]
    assert key_id_of(seal(an_entry(), key)) == key.id
    assert key_id_of(seal(an_entry(), shared)) is None
    named = seal(an_entry(), key)
    unnamed = b"FFC1" + named[4 : PREFIX.size] + named[PREFIX.size + KEY_ID_BYTES :]
    signed = unnamed[: -len(key.sign(b""))]
    assert unseal(signed + key.sign(signed), an_entry().key, key) == an_entry()


def test_several_keys_verify_side_by_side_and_a_retired_one_only_history() -> None:
    old, new = KEYS["ed25519"].signer, ControlKey.single("ed25519:" + "2e" * 32).signer
    entry, value = an_entry(), seal(an_entry(), KEYS["ed25519"])
    both, later = ControlKey(new, (new, old)), ControlKey(new, (new,), retired=(old,))
    assert unseal(value, entry.key, both) == entry
    with pytest.raises(ForgedEntry, match=old.id):
        unseal(value, entry.key, later)
    assert unseal(value, entry.key, later.of_history()) == entry
    passed_on = ControlKey.verifying(later.verifying_texts())
    assert unseal(value, entry.key, passed_on) == entry
    with pytest.raises(UnusableKey):
        seal(entry, passed_on)


def test_the_version_before_reads_what_a_shared_secret_signs() -> None:
    assert b"place" not in seal(an_entry(), KEYS["hmac"])
    assert b'"place":7' in seal(an_entry(place=7), KEYS["ed25519"])
