"""Fetches Kafka Streams with Maven and compiles the peer, once per version of both."""

import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from flagfive.jars import cache_folder
from flagfive.java import ensure_java, ensure_maven

HERE = Path(__file__).parent
_SOURCES = (HERE / "pom.xml", HERE / "KafkaStreamsPeer.java")
_HEAP = ("-Xms256m", "-Xmx1g")


class PeerMissing(Exception):
    """A peer cannot run on this machine; the message gives the reason."""


def java_command() -> list[str]:
    """Return the command that starts the peer, without its arguments. Raises PeerMissing."""
    folder = cache_folder() / f"kafka-streams-{_fingerprint()}"
    if not (folder / "KafkaStreamsPeer.class").exists():
        _build(folder)
    return [ensure_java(), *_HEAP, "-cp", f"{folder}:{folder}/jars/*", "KafkaStreamsPeer"]


def _build(folder: Path) -> None:
    """1. Fetch the jars. 2. Compile. The class is written last, so an interrupted build is repeated."""
    javac = shutil.which("javac")
    if javac is None:
        raise PeerMissing("no javac; on Debian or Ubuntu: sudo apt-get install openjdk-17-jdk-headless")
    print("Fetching Kafka Streams for the benchmark (once) ...", flush=True)
    goal = ["-f", str(HERE / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime"]
    _run([ensure_maven(), "-q", "-B", "-C", *goal, f"-DoutputDirectory={folder / 'jars'}"])
    source = str(HERE / "KafkaStreamsPeer.java")
    _run([javac, "-nowarn", "-cp", f"{folder}/jars/*", "-d", str(folder), source])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise PeerMissing(f"{Path(command[0]).name} failed: {(done.stdout + done.stderr)[-800:]}")


def _fingerprint() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in _SOURCES)).hexdigest()[:12]
