"""Fixtures: a database with models, and what a document is made from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from contracts.signing.trust import Trust
from control.keys import ControlKey
from evidence.document import Document
from evidence.gathering import gather
from evidence.signed_file import Signed, sign
from evidence.source import Source
from evidence.subject import find_subject
from storage import UnitOfWork, migrate, open_engine
from storage.audit_keys import AuditKeys
from tests.unit.console.stored_rows import DAY
from tests.unit.evidence.stored_models import fill, policy

SECRET = b"a key for these tests alone"
AUDIT_KEYS = AuditKeys.read("an audit key for these tests")


@pytest.fixture
def key() -> ControlKey:
    return ControlKey.single(SECRET.decode())


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(f"sqlite:///{tmp_path}/evidence.sqlite", AUDIT_KEYS)
    migrate.upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def source(engine: Engine, key: ControlKey) -> Iterator[Source]:
    fill(engine, key)
    with UnitOfWork(engine, reads_only=True) as unit:
        yield Source(unit, key, policy(), DAY + 86_400.0)


@pytest.fixture
def trust() -> Trust:
    return Trust.derived(SECRET, "cli", clock=lambda: DAY)


@pytest.fixture
def document(source: Source) -> Document:
    return gather(source, find_subject(source, "gift cards"), made_by="cy")


@pytest.fixture
def signed(document: Document, trust: Trust) -> Signed:
    return sign(document, trust)
