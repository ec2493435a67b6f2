"""Runs a Kafka broker on this machine: one KRaft node on a loopback address, with its data in a folder."""

import base64
import os
import shutil
import socket
import subprocess
import uuid
from dataclasses import dataclass
from pathlib import Path
from string import Template

from flagfive.cluster import answers
from flagfive.errors import UserError
from flagfive.jars import RECIPE, ensure_jars
from flagfive.java import ensure_java
from flagfive.processes import Child, ProcessEnded, Processes
from settings import Settings

MIB = 1024 * 1024
# Text in the log of a failed broker, and the message for the user.
CAUSES = {
    "No space left on device": "the disk of {folder} is full: no space is left",
    "Address already in use": "another program took port {port} while the broker started",
    "OutOfMemoryError": "the Java heap is too small: raise broker.heap_mb",
}


class BrokerFailed(UserError):
    """The broker of this machine cannot start or has ended."""


@dataclass(frozen=True)
class OwnBroker:
    """A broker on this machine; `folder` holds its configuration and log segments."""

    host: str
    port: int
    folder: Path
    settings: Settings

    @classmethod
    def of(cls, settings: Settings) -> "OwnBroker":
        """Use the first address of broker.bootstrap.

        Args:
            settings: the settings.

        Returns:
            The broker, not started.

        Raises:
            BrokerFailed: the address is not on this machine.
        """
        if settings.broker.security_protocol != "PLAINTEXT":
            raise BrokerFailed(
                "the broker of this machine has neither TLS nor passwords, but broker.security_protocol is "
                f"{settings.broker.security_protocol}. Set it to PLAINTEXT, or name your "
                "cluster in FLAGFIVE_BROKER"
            )
        host, port = settings.broker.bootstrap.split(",")[0].rsplit(":", 1)
        if host != "localhost" and not host.startswith("127."):
            raise BrokerFailed(
                "flagfive runs a broker only on this machine (127.0.0.1), but broker.bootstrap is "
                f"{settings.broker.bootstrap}: that cluster runs elsewhere"
            )
        return cls(host, int(port), settings.var / "broker", settings)

    @property
    def address(self) -> str:
        """Address for clients, host:port."""
        return f"{self.host}:{self.port}"

    def start(self, processes: Processes) -> Child:
        """Start the broker and wait until it answers.

        1. Check port and disk.
        2. Find Java and the jars; fetch what is missing.
        3. Write the configuration.
        4. Format the storage if it is new.
        5. Start Java.
        6. Wait for an answer.

        After a stop at any point, the next start begins again at 1; formatted storage stays.

        Args:
            processes: the set of child processes that the broker joins.

        Returns:
            The child process.

        Raises:
            BrokerFailed: port or disk do not allow it, or the broker ended.
            JavaMissing: Java is missing and could not be installed.
            MavenMissing: Maven is missing and could not be installed.
            JarsMissing: the jars could not be fetched.
            ProcessNotReady: the broker did not answer within broker.start_timeout_s.
        """
        self._check_port()
        self._check_disk()
        java, jars = ensure_java(), ensure_jars()
        configuration = self._configure()
        tool = [java, f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}", "-cp", f"{jars}/*"]
        self._format(tool, configuration)
        heap = self.settings.broker.heap_mb
        options = [f"-Xms{min(heap, 256)}m", f"-Xmx{heap}m", "-XX:+ExitOnOutOfMemoryError"]
        command = [tool[0], *options, *tool[1:], "kafka.Kafka", str(configuration)]
        child = processes.start("broker", command, folder=self.folder, last=True)
        try:
            processes.wait_until(
                child,
                lambda: answers(self.settings.broker),
                timeout_s=self.settings.broker.start_timeout_s,
                what=f"the broker at {self.address} to answer",
            )
        except ProcessEnded as error:
            raise self.explain(error) from None
        return child

    def explain(self, ended: ProcessEnded) -> BrokerFailed:
        """Return an error that names why the broker ended, from the last 200 lines of its log."""
        tail = ended.child.tail(200)
        for sign, cause in CAUSES.items():
            if sign in tail:
                return BrokerFailed(
                    f"the broker ended: {cause.format(folder=self.folder, port=self.port)} "
                    f"(log: {ended.child.log})"
                )
        return BrokerFailed(str(ended))

    def _check_port(self) -> None:
        with socket.socket() as probe:
            # Kafka binds in the same way, so lingering connections of an earlier broker do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError:
                raise BrokerFailed(self._port_in_use()) from None

    def _port_in_use(self) -> str:
        other = f"set another address, for example FLAGFIVE_BROKER__BOOTSTRAP={self.host}:{self.port + 10}"
        if answers(self.settings.broker):
            return (
                f"port {self.port} is in use by a Kafka broker. To use that broker: "
                f"FLAGFIVE_BROKER={self.address}; to run another, {other}"
            )
        return f"port {self.port} on {self.host} is in use by another program. Stop it or {other}"

    def _check_disk(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free // MIB
        except OSError as error:
            raise BrokerFailed(
                f"the broker cannot keep its data in {self.folder}: {error.strerror}"
            ) from None
        needed = self.settings.broker.min_free_disk_mb
        if free < needed:
            raise BrokerFailed(
                f"no disk space for the broker: {free} MiB are free at {self.folder}, {needed} MiB are "
                "needed (broker.min_free_disk_mb). To use another folder, set the key var"
            )

    def _configure(self) -> Path:
        """Write server.properties; every start chooses a free port for the controller."""
        filled = Template((RECIPE / "server.properties").read_text()).substitute(
            host=self.host,
            port=self.port,
            controller_port=free_port(),
            data=self.folder / "data",
            partitions=self.settings.topics.partitions,
            max_message_bytes=self.settings.topics.max_message_bytes,
        )
        path = self.folder / "server.properties"
        path.write_text(filled)
        return path

    def _format(self, tool: list[str], configuration: Path) -> None:
        if (self.folder / "data" / "meta.properties").exists():
            return
        # A data folder without meta.properties is left from an interrupted format and holds nothing.
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        command = [*tool, "kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(configuration)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise BrokerFailed(
                f"Kafka could not format {self.folder}:\n{(done.stdout + done.stderr)[-2000:]}"
            )


def broker_is_given() -> bool:
    """Return whether FLAGFIVE_BROKER names a running cluster, so that no broker is started here."""
    return bool(os.environ.get("FLAGFIVE_BROKER"))


def free_port() -> int:
    """Return a loopback port that is free now; another process may still take it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cluster_id() -> str:
    """Return a cluster id of 22 characters; '-' is avoided, since a leading one would look like an option."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "_")
