"""A signed message is accepted where it was sent, from who may send it, and in no other form."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.signing.keys import KeyPair
from contracts.signing.principals import (
    ADAPTER,
    ANSWER,
    CONSOLE,
    WORKER,
    Principal,
    Registry,
    Trusted,
    TrustedKey,
    Untrustworthy,
)
from contracts.signing.trust import (
    HEADER,
    MOST_BYTES,
    Forged,
    NotAllowed,
    Trust,
    UnknownSigner,
    Unsigned,
    Untrusted,
)

SECRET = b"a secret of enough length"
TOPIC, KEY, VALUE = "feedback", b"r-1", b'{"kind": "approve"}'


EARLIER = (
    b'{"principal":"console","key":"ba36ba14d272b4dc","time":1000.0,"signature":"ENZO+/lktOUjZBjNWielLmlsga'
    b'Jz2KbO/jxr7oNKhuPeo67OUr2yMPSJxvO+vbnzNslLLxnbS3kd/vnLCyehBQ=="}'
)
ADAPTERS = Trust.derived(SECRET, ADAPTER)


def trust(name: str, secret: bytes = SECRET) -> Trust:
    return Trust.derived(secret, name, clock=lambda: 1_000.0)


def test_the_sender_and_the_time_of_signing_come_back() -> None:
    sender = trust(ADAPTER).sender(TOPIC, KEY, VALUE, trust(CONSOLE).signed(TOPIC, KEY, VALUE))
    assert (sender.principal.name, sender.time) == (CONSOLE, 1_000.0)


def test_an_unsigned_message_is_refused() -> None:
    with pytest.raises(Unsigned):
        trust(ADAPTER).sender(TOPIC, KEY, VALUE, [])
    with pytest.raises(Unsigned):
        trust(ADAPTER).sender(TOPIC, KEY, VALUE, [(HEADER, b"x" * 5_000)])


def test_a_message_without_key_or_value_is_signed_like_an_empty_one() -> None:
    sender = trust(ADAPTER).sender(TOPIC, None, None, trust(CONSOLE).signed(TOPIC, b"", b""))
    assert sender.principal.name == CONSOLE


def test_a_header_is_read_up_to_its_largest_size() -> None:
    ((name, header),) = trust(CONSOLE).signed(TOPIC, KEY, VALUE)
    fits = header + b" " * (MOST_BYTES - len(header))
    assert trust(ADAPTER).sender(TOPIC, KEY, VALUE, [(name, fits)]).principal.name == CONSOLE
    with pytest.raises(Unsigned):
        trust(ADAPTER).sender(TOPIC, KEY, VALUE, [(name, fits + b" ")])


def test_what_earlier_versions_signed_is_still_trusted() -> None:
    """The signature was made on 2026-11-28; a change of the signed bytes would cut off all clients."""
    ((_, header),) = trust(CONSOLE).signed(TOPIC, KEY, VALUE)
    assert header == EARLIER


@pytest.mark.parametrize(
    ("topic", "key", "value"), [("other", KEY, VALUE), (TOPIC, b"r-2", VALUE), (TOPIC, KEY, VALUE + b" ")]
)
def test_a_signature_fits_neither_another_topic_nor_key_nor_body(
    topic: str, key: bytes, value: bytes
) -> None:
    headers = trust(CONSOLE).signed(TOPIC, KEY, VALUE)
    with pytest.raises(Forged):
        trust(ADAPTER).sender(topic, key, value, headers)


@pytest.mark.parametrize("changes", [{"time": 2_000.0}, {"signature": b"\0" * 64}])
def test_no_part_of_a_signature_can_be_exchanged(changes: dict[str, object]) -> None:
    ((name, header),) = trust(CONSOLE).signed(TOPIC, KEY, VALUE)
    from contracts.signing.trust import Signature

    changed = msgspec.structs.replace(msgspec.json.decode(header, type=Signature), **changes)
    with pytest.raises(Forged):
        trust(ADAPTER).sender(TOPIC, KEY, VALUE, [(name, msgspec.json.encode(changed))])


def test_a_key_of_another_installation_is_unknown() -> None:
    headers = trust(CONSOLE, b"another secret of enough length").signed(TOPIC, KEY, VALUE)
    with pytest.raises(UnknownSigner, match="flagfive keys show"):
        trust(ADAPTER).sender(TOPIC, KEY, VALUE, headers)


def test_a_worker_cannot_answer() -> None:
    headers = trust(WORKER).signed(TOPIC, KEY, VALUE)
    with pytest.raises(NotAllowed, match="worker may not answer; it may acknowledge"):
        trust(CONSOLE).require(ANSWER, TOPIC, KEY, VALUE, headers)


def registry(old: KeyPair, new: KeyPair, retired_at: float | None = None) -> Registry:
    keys = (TrustedKey("ada", old.public_digits, 1.0, retired_at), TrustedKey("ada", new.public_digits, 2.0))
    content = msgspec.json.encode(Trusted((Principal("ada", ("label",)),), keys))
    return Registry.read(content, "trusted.json")


def test_two_keys_of_a_principal_are_valid_side_by_side_until_one_is_retired() -> None:
    old, new = KeyPair.of_seed(b"1" * 32), KeyPair.of_seed(b"2" * 32)
    both, later = registry(old, new), registry(old, new, retired_at=3.0)
    for key in (old, new):
        headers = Trust("ada", key, both).signed(TOPIC, KEY, VALUE)
        assert Trust("ada", key, both).sender(TOPIC, KEY, VALUE, headers).principal.name == "ada"
    with pytest.raises(UnknownSigner):
        Trust("ada", new, later).sender(TOPIC, KEY, VALUE, Trust("ada", old, both).signed(TOPIC, KEY, VALUE))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "trusted.json"),
        (b'{"principals": [{"name": "a", "may": ["fly"]}], "keys": []}', "allowed are flag, preview, label"),
        (b'{"principals": [], "keys": [{"principal": "a", "public": "00"}]}', "is of 'a'"),
        (
            b'{"principals": [{"name": "a", "may": []}], "keys": [{"principal": "a", "public": "0"}]}',
            "64 hex",
        ),
        (b'{"principals": [{"name": "a", "may": []}, {"name": "a", "may": []}], "keys": []}', "there twice"),
    ],
)
def test_a_registry_that_does_not_fit_is_refused_with_the_place(content: bytes, words: str) -> None:
    with pytest.raises(Untrustworthy, match=words):
        Registry.read(content, "trusted.json")


def test_every_refusal_has_a_cause_of_its_own() -> None:
    causes = [one.cause for one in Untrusted.__subclasses__()]
    assert len(causes) == len(set(causes))


@given(st.binary(max_size=400), st.binary(max_size=40), st.binary(max_size=40))
def test_no_header_ends_in_another_error_than_a_refusal(header: bytes, key: bytes, value: bytes) -> None:
    with pytest.raises(Untrusted):
        ADAPTERS.sender(TOPIC, key, value, [(HEADER, header)])


@given(
    st.fixed_dictionaries(
        {
            "principal": st.text(max_size=20),
            "key": st.text(max_size=20),
            "time": st.floats(allow_nan=False, allow_infinity=False),
            "signature": st.text(max_size=90),
        }
    )
)
def test_no_made_up_signature_is_trusted(fields: dict[str, object]) -> None:
    with pytest.raises(Untrusted):
        ADAPTERS.sender(TOPIC, KEY, VALUE, [(HEADER, msgspec.json.encode(fields))])
