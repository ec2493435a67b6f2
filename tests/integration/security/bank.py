"""One installation on a secured broker: each process runs as a user of its own, with rights of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from control.announce import Announcer
from control.keys import ControlKey
from features.byte_strings import ByteStrings
from features.vector import FeatureLayout
from settings import BrokerSettings, Settings, StorageSettings, StreamSettings, TopicsSettings
from storage import UnitOfWork, open_engine
from stream.feed.feed import Feed
from stream.wiring import transaction_schema
from tests.acl_commands import apply
from tests.secure_broker import ADMIN, SecureBroker
from tests.small_models import base_change, small_base
from tests.stream_run import SECRET, environment_of, transactions

ROOT = Path(__file__).parents[3]


def settings_on(broker: BrokerSettings, folder: Path, prefix: str) -> Settings:
    return Settings(
        var=folder,
        broker=broker,
        topics=TopicsSettings(partitions=2).prefixed(prefix),
        stream=StreamSettings(group=prefix + "flagfive"),
        storage=StorageSettings(url=f"sqlite:///{folder}/flagfive.sqlite"),
    )


class Bank:
    """The processes of one installation; each runs as a user of its own."""

    def __init__(self, secured: SecureBroker, folder: Path, prefix: str) -> None:
        self.secured, self.folder, self.prefix = secured, folder, prefix
        self.running: list[subprocess.Popen[bytes]] = []

    def settings(self, process: str) -> Settings:
        """Return the settings of a process; the recorder identifies itself by a client certificate."""
        if process == "recorder":
            broker = self.secured.certificate(self.secured.authority.issue("flagfive-recorder"))
        elif process == ADMIN:
            broker = self.secured.scram(ADMIN)
        else:
            broker = self.secured.scram(f"flagfive-{process}")
        return settings_on(broker, self.folder, self.prefix)

    def environment(self, process: str) -> dict[str, str]:
        variables = environment_of(self.settings(process))
        variables |= {"FLAGFIVE_ADAPTATION__ADAPTER": "ridge", "PYTHONPATH": str(ROOT), "COLUMNS": "240"}
        ports = ("WORKER", "RECORDER", "ADAPTER", "MONITOR", "CONSOLE")
        return {**os.environ, **variables, **{f"FLAGFIVE_METRICS__{port}_PORT": "0" for port in ports}}

    def run(self, process: str, *verb: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flagfive", *verb]
        return subprocess.run(
            command, env=self.environment(process), cwd=ROOT, capture_output=True, text=True, timeout=240
        )

    def start(self, process: str) -> Path:
        log = self.folder / f"{process}.log"
        command = [sys.executable, "-m", "flagfive", process]
        with log.open("wb") as output:
            self.running.append(
                subprocess.Popen(
                    command, env=self.environment(process), cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
                )
            )
        return log

    def allow(self, *processes: str, leave_out: str = "") -> None:
        """Give the rights that `flagfive acls` prints, except those on the topic `leave_out`."""
        certificate = "recorder=User:CN=flagfive-recorder"
        printed = self.run("operator", "acls", *processes, "--principal", certificate)
        assert printed.returncode == 0, printed.stderr
        apply(self.secured.scram(ADMIN), printed.stdout.splitlines(), leave_out)

    def stop(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGTERM)
        for process in self.running:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def send(settings: Settings, genuine: int, frauds: int) -> None:
    """Send ordinary transactions, and frauds with an amount and a merchant that no other has."""
    usual = transactions(settings, 0, genuine, seed=1, cards=400)
    odd = [
        (key, value.replace(b'"tx-', b'"fraud-').replace(b'"amount":', b'"amount":9'))
        for key, value in transactions(settings, genuine, frauds, seed=2, cards=40, merchants=range(90, 91))
    ]

    async def feed() -> None:
        async with Feed(settings.broker, settings.topics.transactions) as out:
            for records in (usual, odd):
                keys, values = zip(*records, strict=True)
                await out.send(ByteStrings.from_list(list(keys)), ByteStrings.from_list(list(values)))

    asyncio.run(feed())


def announce_base(settings: Settings) -> None:
    names = FeatureLayout(transaction_schema(settings)).names
    announcer = Announcer(settings.broker, settings.topics.control, ControlKey.single(SECRET))
    announcer.announce(base_change(small_base(names=names), threshold=3.0))
    announcer.close()


def recorded(settings: Settings) -> int:
    """Return how many transactions the recorder has written."""
    engine = open_engine(settings.storage.url)
    try:
        with UnitOfWork(engine, reads_only=True) as unit:
            return unit.transactions.count_since(0.0)
    finally:
        engine.dispose()
