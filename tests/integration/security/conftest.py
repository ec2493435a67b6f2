"""A secured broker for this folder, with a user for each process."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from flagfive.rights import PROCESSES
from tests.integration.security.bank import Bank
from tests.secure_broker import SecureBroker, secure_broker

PASSWORD = "hunter2-of-the-broker"


@pytest.fixture(scope="package")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """Return a broker with TLS, SASL and access rules; its users have no right at first."""
    users = [f"flagfive-{name}" for name in PROCESSES]
    with secure_broker(
        tmp_path_factory.mktemp("secured"), [*users, "no-rights"], password=PASSWORD
    ) as broker:
        yield broker


@pytest.fixture
def bank(secured: SecureBroker, tmp_path: Path) -> Iterator[Bank]:
    """Return an installation with topics and a database of its own; its processes end with the test."""
    bank = Bank(secured, tmp_path, f"t{uuid.uuid4().hex[:8]}-")
    try:
        yield bank
    finally:
        bank.stop()
