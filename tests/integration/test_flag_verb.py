"""`flagfive flag`, `rules`, `adapter` and `status` as a user runs them: output and exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from control.announce import Announcer
from control.keys import ControlKey
from recorder.rows import scored_rows
from rules.rule_set import warm_up
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.policies import PolicyVersion
from tests.adaptation_worker import Scorer, record_control
from tests.scored_messages import scored_message
from tests.small_models import base_change, genuine_rows, network_change, small_base, small_network
from tests.waiting import until

SECRET = "a secret of enough length"


@pytest.fixture
def config(stream_settings: Settings, tmp_path: Path) -> Path:
    """Write a settings file of the set-up; the ridge adapter needs no trained network."""
    topics = stream_settings.topics.model_dump()
    names = "\n".join(f'{name} = "{value}"' for name, value in topics.items() if isinstance(value, str))
    file = tmp_path / "flagfive.toml"
    file.write_text(
        f'var = "{tmp_path}"\n[broker]\nbootstrap = "{stream_settings.broker.bootstrap}"\n'
        f"[topics]\n{names}\npartitions = {stream_settings.topics.partitions}\n"
        f'[stream]\ngroup = "{stream_settings.stream.group}"\n'
        f'[storage]\nurl = "{stream_settings.storage.url}"\n'
        '[adaptation]\nadapter = "ridge"\n[metrics]\nadapter_port = 0\n'
    )
    return file


@pytest.fixture
def stored(stream_settings: Settings) -> None:
    """Store 12,000 ordinary transactions and ten frauds in the database, and a base on the control log."""
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    odd = (np.array([7.0, 6.0, 5.0]) + 0.3 * genuine_rows(10, seed=9)).astype(np.float32)
    ids = [b"fraud-%d" % number for number in range(10)]
    with UnitOfWork(engine) as unit:
        usual = scored_message(0, range(12_000), features=genuine_rows(12_000, seed=8))
        unit.transactions.add_many(scored_rows(usual))
        unit.transactions.add_many(
            scored_rows(scored_message(1, range(12_000, 12_010), features=odd, ids=ids))
        )
        unit.commit()
    engine.dispose()
    announcer = Announcer(stream_settings.broker, stream_settings.topics.control, ControlKey.single(SECRET))
    announcer.announce(network_change(small_network()))
    announcer.announce(base_change(small_base()))
    announcer.close()


def flagfive(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flagfive", "--config", str(config), *arguments],
        env={**os.environ, "FLAGFIVE_CONTROL_KEY": SECRET, "COLUMNS": "240"},
        capture_output=True,
        text=True,
    )


@contextmanager
def adapter_process(config: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "flagfive", "--config", str(config), "adapter"]
    process = subprocess.Popen(command, env={**os.environ, "FLAGFIVE_CONTROL_KEY": SECRET})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_an_analyst_flags_and_reads_that_it_is_live(
    stream_settings: Settings, config: Path, stored: None
) -> None:
    """1. Flag five: live. 2. Flag unknown ids: the error names them. 3. Check status. 4. Stop the adapter."""
    with Scorer(stream_settings), adapter_process(config) as adapter:
        flagged = flagfive(
            config, "flag", "--name", "gift cards", "--wait", "90", *(f"fraud-{n}" for n in range(5))
        )
        assert flagged.returncode == 0, flagged.stderr
        assert flagged.stdout.startswith("live on 2 of 2 partitions after")
        unknown = flagfive(config, "flag", "--name", "x", "--wait", "90", "fraud-7", "nope-1", "nope-2")
        assert unknown.returncode == 1
        assert "2 of 3 transactions are not stored" in unknown.stdout
        assert "  nope-2" in unknown.stdout
        screen = flagfive(config, "status").stdout
        matches = flagfive(config, "lookback", "gift cards", "--ids")
        assert matches.returncode == 1
        assert "the network or base of detector" in matches.stderr
        engine = open_engine(stream_settings.storage.url)
        record_control(stream_settings, engine)
        engine.dispose()
        _look_back_and_learn(config)
        _history(config)
        adapter.terminate()
        assert adapter.wait(timeout=60) == 0
    assert "gift cards" in screen
    assert "12,010 transactions" in screen
    assert "1 live" in screen


def _look_back_and_learn(config: Path) -> None:
    """The frauds without flags match; after confirmation they join the episode."""
    told = flagfive(config, "lookback", "gift cards")
    assert told.returncode == 0, told.stderr
    assert "12,010 transactions" in told.stdout
    matches = flagfive(config, "lookback", "gift cards", "--ids").stdout.split()
    assert {f"fraud-{n}" for n in range(5, 10)} <= set(matches)
    confirmed = [option for n in range(5, 10) for option in ("--fraud", f"fraud-{n}")]
    labelled = flagfive(config, "label", "--name", "gift cards", "--wait", "60", *confirmed)
    assert labelled.returncode == 0, labelled.stderr
    assert "episode 'gift cards' grows by 5" in labelled.stdout


def _history(config: Path) -> None:
    """The history shows no base before its start, then the base in force, and who flagged which episode."""
    long_ago = flagfive(config, "history", "--at", "2020-01-01").stdout
    assert "base/base" not in long_ago
    now = flagfive(config, "history", "--at", "2100-01-01").stdout
    assert "base/base" in now
    assert "episode gift cards" in now
    assert "flagged as 'gift cards'" in flagfive(config, "history").stdout
    assert "use ISO 8601" in flagfive(config, "history", "--at", "noon").stderr


def test_a_flag_waits_where_an_administrator_has_set_that_a_person_must_approve(
    stream_settings: Settings, config: Path, stored: None
) -> None:
    """1. The file sets auto, the console's policy approve. 2. A flag waits. 3. After approval it is live."""
    engine = open_engine(stream_settings.storage.url)
    with UnitOfWork(engine) as unit:
        unit.policies.add(PolicyVersion(author="root", time=1.0, terms={"policy": "approve"}))
        unit.commit()
    engine.dispose()
    with Scorer(stream_settings), adapter_process(config):
        frauds = [f"fraud-{n}" for n in range(5)]
        flagged = flagfive(config, "flag", "--name", "gift cards", "--wait", "90", *frauds)
        assert flagged.returncode == 3, flagged.stderr
        assert flagged.stdout.startswith("waiting: passed the gate; it goes live once it is approved")
        approved = flagfive(config, "approve", "gift cards", "--wait", "90")
        assert approved.returncode == 0, approved.stdout
        assert approved.stdout.startswith("live on 2 of 2 partitions after")


def test_without_an_adapter_the_user_is_told_so(config: Path, stored: None) -> None:
    told = flagfive(config, "flag", "--name", "x", "--wait", "1", "fraud-1")
    assert told.returncode == 4
    assert "is `flagfive adapter` running?" in told.stderr


def test_rules_are_saved_listed_set_live_exported_and_removed(
    config: Path, stream_settings: Settings, stored: None
) -> None:
    def rules(*arguments: str) -> subprocess.CompletedProcess[str]:
        return flagfive(config, "rules", *arguments)

    def changed(*arguments: str) -> None:
        """Ask for a change under one id until it is live; a slow machine answers earlier."""
        identity = uuid.uuid4().hex
        ask = (*arguments, "--wait", "60", "--request-id", identity)
        until(lambda: rules(*ask).returncode == 0, what=f"rules {arguments[0]}", within_s=180.0)

    warm_up()
    with Scorer(stream_settings) as scorer, adapter_process(config):
        changed("add", "large", "amount > 500", "--action", "review", "--note", "large one")
        listed = rules("list").stdout
        assert "amount > 500" in listed
        assert "shadow" in listed
        changed("mode", "large", "live", "--percent", "10")
        (rule,) = scorer.snapshots[-1].written.live
        assert (rule.definition.percent, rule.definition.note) == (10.0, "large one")
        exported = config.parent / "rules.yaml"
        exported.write_text(rules("export").stdout)
        assert "0 differ" in rules("import", str(exported), "--dry-run").stdout
        exported.write_text(exported.read_text().replace("500", "600"))
        rules("import", str(exported), "--wait", "60")
        assert "amount > 600" in rules("list").stdout
        wrong = rules("add", "odd", "amuont > 5", "--action", "review", "--wait", "60")
        assert wrong.returncode == 1
        assert "did you mean 'amount'" in wrong.stdout
        changed("remove", "large")
        assert "there are no rules" in rules("list").stdout
