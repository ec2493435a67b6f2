"""A signed file is checked offline; any change of it is refused."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from html.parser import HTMLParser

import msgspec
import pytest
from sqlalchemy import Engine

from contracts.signing.principals import PROCESSES, Known, Registry
from contracts.signing.trust import NotAllowed, Trust
from control.keys import ControlKey
from evidence.document import Document
from evidence.gathering import gather
from evidence.page import page_of, read_page
from evidence.signed_file import NotEvidence, Signed, read, sign
from evidence.source import Source
from evidence.subject import find_subject
from evidence.verifying import State, check
from storage import UnitOfWork
from tests.unit.console.stored_rows import DAY
from tests.unit.evidence.conftest import AUDIT_KEYS, SECRET
from tests.unit.evidence.stored_models import HOSTILE, fill, policy


def failed(signed: Signed, registry: Registry) -> list[str]:
    return [one.what for one in check(signed, registry, AUDIT_KEYS) if one.state is State.FAILED]


def test_a_file_that_was_not_changed_passes_and_says_what_is_not_checked(
    signed: Signed, trust: Trust
) -> None:
    found = check(read(signed.to_bytes()), trust.registry, AUDIT_KEYS)
    assert failed(signed, trust.registry) == []
    passed = {one.what for one in found if one.state is State.PASSED}
    assert passed == {"signature", "content hash", "artifact", "outcomes", "audit excerpt", "audit hashes"}
    left = [one.words for one in found if one.state is State.NOT_CHECKED]
    assert any("flagfive audit verify --known" in words for words in left)


def test_one_changed_byte_is_refused_wherever_it_is(signed: Signed, trust: Trust) -> None:
    content, random_places = signed.to_bytes(), random.Random(5)
    for place in random_places.sample(range(len(content)), 300):
        changed = bytearray(content)
        changed[place] ^= 1 << random_places.randrange(7)
        with suppress(NotEvidence):
            assert "signature" in failed(read(bytes(changed)), trust.registry)


def test_one_changed_byte_of_the_page_is_refused_wherever_it_is(signed: Signed, trust: Trust) -> None:
    content, random_places = page_of(signed), random.Random(5)
    assert read_page(content) == signed
    for place in random_places.sample(range(len(content)), 100):
        changed = bytearray(content)
        changed[place] ^= 1 << random_places.randrange(7)
        with suppress(NotEvidence):
            assert "signature" in failed(read_page(bytes(changed)), trust.registry)


def test_a_key_that_is_not_trusted_is_named(signed: Signed) -> None:
    other = Trust.derived(b"another secret of enough length", "cli")
    (words,) = [one.words for one in check(signed, other.registry) if one.what == "signature"]
    assert "is not among the trusted keys" in words


def test_a_key_that_was_retired_since_still_verifies_and_is_reported(signed: Signed, trust: Trust) -> None:
    known = [replace(one, retired=True) for one in trust.registry.keys_of("cli")]
    found = check(signed, Registry(known, PROCESSES), AUDIT_KEYS)
    assert [one.state for one in found if one.what == "signature"] == [State.PASSED]
    assert [one.state for one in found if one.what == "time of signature"] == [State.NOT_CHECKED]


def test_a_worker_may_not_sign_evidence(document: Document) -> None:
    with pytest.raises(NotAllowed, match="worker may not sign documents"):
        sign(document, Trust.derived(SECRET, "worker"))


def test_a_signature_by_a_principal_without_the_right_is_refused(signed: Signed, trust: Trust) -> None:
    less = [
        Known(msgspec.structs.replace(one.principal, may=("label",)), one.key)
        for one in trust.registry.keys_of("cli")
    ]
    assert failed(signed, Registry(less, [one.principal for one in less])) == ["signature"]


def test_figures_that_do_not_follow_from_the_counts_fail_although_they_are_signed(
    document: Document, trust: Trust
) -> None:
    better = msgspec.structs.replace(document.outcomes, precision=0.99)
    made_up = sign(msgspec.structs.replace(document, outcomes=better), trust)
    assert failed(made_up, trust.registry) == ["outcomes"]


def test_an_audit_entry_that_was_made_up_fails_although_it_is_signed(
    document: Document, trust: Trust
) -> None:
    first, *others = document.audit.lines
    lines = (msgspec.structs.replace(first, actor="cy"), *others)
    audit = msgspec.structs.replace(document.audit, lines=lines)
    made_up = sign(msgspec.structs.replace(document, audit=audit), trust)
    assert failed(made_up, trust.registry) == ["audit hashes"]


def test_without_the_audit_key_keyed_entries_are_reported_as_not_checked(
    signed: Signed, trust: Trust
) -> None:
    states = {one.state for one in check(signed, trust.registry) if one.what == "audit hashes"}
    assert states == {State.NOT_CHECKED}


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", b'{"document": 1, "signature": 2}'])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(NotEvidence):
        read(content)
    with pytest.raises(NotEvidence):
        read_page(b"<html>" + content)


class Elements(HTMLParser):
    """Collects the elements, and the addresses that they would load."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.loaded: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.loaded += [value for name, value in attrs if name in ("src", "href")]


def test_the_page_escapes_hostile_names_and_loads_nothing(
    engine: Engine, key: ControlKey, trust: Trust
) -> None:
    fill(engine, key, name=HOSTILE)
    with UnitOfWork(engine, reads_only=True) as unit:
        source = Source(unit, key, policy(), DAY)
        signed = sign(gather(source, find_subject(source, HOSTILE), made_by="<b>cy</b>"), trust)
    page = page_of(signed)
    assert b"&lt;script&gt;" in page
    elements = Elements()
    elements.feed(page.decode())
    assert elements.names.count("script") == 1  # the data that the page carries; its type is not run
    assert "b" not in elements.names
    assert elements.loaded == []
    assert read_page(page) == signed
