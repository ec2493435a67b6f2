"""A cluster of three Kafka brokers, each in a network of its own, that tests kill, cut off and fill."""

from __future__ import annotations

import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from kafka.errors import KafkaError

from flagfive.cluster import administrator
from flagfive.errors import UserError
from flagfive.jars import RECIPE, ensure_jars
from flagfive.java import ensure_java
from flagfive.processes import Child, Processes
from settings import BrokerSettings
from tests.cluster.clock import Clocks
from tests.cluster.network import Network, address
from tests.waiting import until

NUMBERS = (1, 2, 3)
CLIENTS, CONTROLLERS = 9092, 9093
CLUSTER_ID = "dGhyZWUtYnJva2Vycy0xMg"
DISK_MIB = 1024  # 100,000 payments take about 190
START_S, STOP_S = 180.0, 60.0

CONFIGURATION = """
process.roles=broker,controller
node.id={number}
controller.quorum.voters={voters}
listeners=PLAINTEXT://{host}:{clients},CONTROLLER://{host}:{controllers}
advertised.listeners=PLAINTEXT://{host}:{clients}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}

# What docs/operating.md asks of a cluster.
default.replication.factor=3
min.insync.replicas=2
offsets.topic.replication.factor=3
transaction.state.log.replication.factor=3
transaction.state.log.min.isr=2
unclean.leader.election.enable=false
auto.create.topics.enable=false
group.coordinator.append.linger.ms=0

# Small: three brokers share a test machine.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=3
share.coordinator.state.topic.min.isr=2
log.segment.bytes=16777216
message.max.bytes=16777216
file.delete.delay.ms=1000
group.initial.rebalance.delay.ms=0
log.cleaner.dedupe.buffer.size=33554432
num.network.threads=2
num.io.threads=4
"""


class ThreeBrokers:
    """Three KRaft nodes, each broker and controller; a majority of two goes on without the third.

    Args:
        folder: of configuration and data; the data of each broker has a disk of its own there.
        processes: the set of child processes that the brokers join; used from the main thread.
    """

    def __init__(self, folder: Path, processes: Processes) -> None:
        self.network = Network(NUMBERS)
        self.clocks = Clocks(folder / "clocks")
        self.folder = folder
        self._processes = processes
        self._running: dict[int, Child] = {}
        self._java = [ensure_java(), f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}"]
        self._classes = ["-cp", f"{ensure_jars()}/*"]

    @property
    def settings(self) -> BrokerSettings:
        return BrokerSettings(bootstrap=",".join(f"{address(number)}:{CLIENTS}" for number in NUMBERS))

    def start_all(self) -> None:
        """Make disks, format them, start all brokers and wait until they follow each other."""
        for number in NUMBERS:
            self._disk(number).mkdir(parents=True)
            mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "disk", str(self._disk(number))]
            subprocess.run(mount, check=True)
            self._configure(number)
            self._format(number)
        for number in NUMBERS:
            self.start(number)
        self.wait_until_whole()

    def start(self, number: int) -> None:
        """Start a broker with a right clock; it is ready some seconds later."""
        heap = ["-Xms192m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        command = [*self.network.inside(number), *self._java, *heap, *self._classes]
        command += ["kafka.Kafka", str(self._file(number))]
        environment = self.clocks.environment(clock_of(number))
        self._running[number] = self._processes.start(
            f"broker-{number}", command, environment=environment, last=True
        )

    def kill(self, number: int) -> None:
        """Send SIGKILL."""
        self._end(number, signal.SIGKILL)

    def stop(self, number: int) -> None:
        """Let a broker hand its partitions over and end, as an operator would."""
        self._end(number, signal.SIGTERM)

    def wait_until_ended(self, number: int) -> None:
        """Wait until a broker has given up by itself."""
        child = self._running.pop(number)
        until(lambda: not child.running(), what=f"broker {number} to end", within_s=START_S)
        self._processes.children.remove(child)

    def wait_until_whole(self) -> None:
        """Start what does not run, and wait until every copy of every partition is in sync."""
        for number in NUMBERS:
            self.network.heal(number)
            self.clocks.set(clock_of(number), 0)
            if number not in self._running:
                self.start(number)
        until(self._is_whole, what="three brokers with all copies in sync", within_s=START_S)

    def leader(self, topic: str, partition: int) -> int:
        """Return the number of the broker that leads a partition."""

        def look() -> int | None:
            try:
                with administrator(self.settings) as admin:
                    (described,) = admin.describe_topics([topic])
            except (KafkaError, UserError):
                return None
            leads = {one["partition_index"]: int(one["leader_id"]) for one in described["partitions"]}
            return leads[partition] if leads[partition] in NUMBERS else None

        return until(look, what=f"a leader of partition {partition} of {topic}")

    def transaction_coordinator(self, transactional_id: str) -> int:
        """Return the number of the broker that coordinates the transactions of an id."""
        return self.leader("__transaction_state", _java_hash(transactional_id) % 4)

    def group_coordinator(self, group: str) -> int:
        """Return the number of the broker that coordinates a group."""
        return self.leader("__consumer_offsets", _java_hash(group) % 4)

    def fill_disk(self, number: int) -> Path:
        """Fill the disk of a broker to the last byte; return the file that takes the room."""
        ballast = self._disk(number) / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):  # no space left
            while file.write(bytes(1 << 20)):
                pass
        return ballast

    def _is_whole(self) -> bool:
        try:
            with administrator(self.settings) as admin:
                brokers = admin.describe_cluster()["brokers"]
                partitions = [one for topic in admin.describe_topics() for one in topic["partitions"]]
        except (KafkaError, UserError, OSError):
            return False
        in_sync = [len(one["isr_nodes"]) for one in partitions]
        return len(brokers) == len(NUMBERS) and all(count == len(NUMBERS) for count in in_sync)

    def _configure(self, number: int) -> None:
        text = CONFIGURATION.format(
            number=number,
            voters=",".join(f"{one}@{address(one)}:{CONTROLLERS}" for one in NUMBERS),
            host=address(number),
            clients=CLIENTS,
            controllers=CONTROLLERS,
            data=self._disk(number) / "data",
        )
        self._file(number).write_text(text)

    def _format(self, number: int) -> None:
        tool = [*self._java, *self._classes, "kafka.tools.StorageTool"]
        command = [*tool, "format", "-t", CLUSTER_ID, "-c", str(self._file(number))]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def _end(self, number: int, how: signal.Signals) -> None:
        child = self._running.pop(number)
        child.send(how)
        child.process.wait(STOP_S)
        self._processes.children.remove(child)

    def _disk(self, number: int) -> Path:
        return self.folder / f"disk-{number}"

    def _file(self, number: int) -> Path:
        return self.folder / f"broker-{number}.properties"


def clock_of(number: int) -> str:
    """Return the name of the clock of a broker."""
    return f"broker-{number}"


def _java_hash(text: str) -> int:
    """Return the hash by which Kafka chooses the partition of a group or transactional id."""
    value = 0
    for letter in text.encode():
        value = (31 * value + letter) & 0xFFFFFFFF
    return value & 0x7FFFFFFF
