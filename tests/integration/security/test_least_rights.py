"""Every process on a cluster with TLS, SASL, client certificates and access rules, with its least rights."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from storage import migrate, open_engine
from storage.topic_generations import TopicGeneration
from tests.integration.security.bank import Bank, announce_base, recorded, send
from tests.waiting import until

GENUINE, FRAUDS = 12_000, 40


@pytest.mark.timeout(600)
def test_each_process_does_its_work_with_exactly_the_rights_that_acls_prints(bank: Bank) -> None:
    """1. Rights; 2. topics; 3. a base; 4. transactions are scored and recorded; 5. five flags go live."""
    bank.allow("worker", "adapter", "recorder", "console", "feed", "analyst", "operator")
    created = bank.run("operator", "topics")
    assert created.returncode == 0, created.stderr
    announce_base(bank.settings("operator"))
    migrated(bank)
    bank.start("worker")
    bank.start("recorder")
    send(bank.settings("feed"), GENUINE, FRAUDS)
    stored = bank.settings("recorder")
    until(lambda: recorded(stored) == GENUINE + FRAUDS, what="all transactions recorded", within_s=240)
    assert generations(bank) == {bank.settings("recorder").topics.transactions, f"{bank.prefix}control"}
    bank.start("adapter")
    flags = [f"fraud-{GENUINE + number}" for number in range(8)]
    flagged = bank.run("analyst", "flag", "--name", "ring", "--wait", "120", *flags)
    assert flagged.returncode == 0, flagged.stdout + flagged.stderr
    assert "live on 2 of 2 partitions" in flagged.stdout
    status = bank.run("operator", "status")
    assert status.returncode == 0, status.stderr
    for process in ("worker", "adapter", "console", "feed", "analyst", "operator"):
        checked = bank.run(process, "doctor", "--process", process).stdout
        assert f"ok       rights of the {process}: complete" in checked, checked


def test_a_process_without_a_right_names_it_and_goes_on_once_it_has_it(bank: Bank) -> None:
    """1. The worker may not write scores; 2. an analyst may not send; 3. with all rights both go on."""
    bank.allow("operator", "feed", "recorder")
    bank.allow("worker", leave_out=f"{bank.prefix}scores")
    assert bank.run("operator", "topics").returncode == 0
    announce_base(bank.settings("operator"))
    migrated(bank)
    bank.start("recorder")
    log = bank.start("worker")
    send(bank.settings("feed"), 100, 1)
    missing = f"no right to WRITE on topic {bank.prefix}scores; `flagfive acls` prints the rights"
    until(lambda: missing in log.read_text(), what=missing, within_s=120)
    refused = bank.run("analyst", "flag", "--name", "ring", "--wait", "5", "fraud-100")
    assert refused.returncode == 1
    assert f"no right to READ on topic {bank.prefix}feedback-answers" in refused.stderr
    bank.allow("worker")
    until(lambda: recorded(bank.settings("recorder")) == 101, what="all transactions", within_s=120)


def generations(bank: Bank) -> set[str]:
    """Return the topics whose ids the recorder could read."""
    engine = open_engine(bank.settings("recorder").storage.url)
    with engine.connect() as connection:
        names = set(connection.scalars(select(TopicGeneration.name)))
    engine.dispose()
    return names


def migrated(bank: Bank) -> None:
    engine = open_engine(bank.settings("recorder").storage.url)
    migrate.upgrade(engine)
    engine.dispose()
