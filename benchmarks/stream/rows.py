"""The contestants, and the functions that start, measure and check each."""

import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.peers.java_peer import java_command
from benchmarks.stream import check, models, progress
from benchmarks.stream.measure import Measured, child
from benchmarks.stream.setup import CLONE, environment_of, fresh_settings, topics_of
from benchmarks.stream.task import Network
from benchmarks.stream.topic import Traffic
from features.byte_strings import ByteStrings
from settings import Settings
from stream.wiring import transaction_schema

DETECTORS = 10
COMMITTED_WITHIN_S = 30.0  # Quix commits every five seconds
CHILD = {"PYTHONPATH": str(CLONE), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


class NotInstalled(Exception):
    """A peer's package is missing."""


@dataclass(frozen=True)
class Race:
    """One run of all rows.

    Attributes:
        topic: holds `traffic`, shared by all rows.
        few: number of transactions for the slow peers.
        weights: file of the network's weights.
    """

    broker: str
    topic: str
    traffic: Traffic
    few: int
    weights: Path
    folder: Path

    def settings(self, delivery: str) -> Settings:
        return fresh_settings(self.broker, self.folder, delivery, transactions=self.topic)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@dataclass(frozen=True)
class Row:
    """A contestant. Slow contestants get fewer transactions."""

    name: str
    run: Callable[[Race, int], Measured]
    slow: bool = False


def peer(name: str, module: str, *extra: str, needs: str) -> Callable[[Race, int], Measured]:
    """Run a peer written in Python."""

    def run(race: Race, count: int) -> Measured:
        try:
            version(needs)
        except PackageNotFoundError:
            raise NotInstalled(f"{needs} is not installed; ./run bench stream installs it") from None
        command = [sys.executable, "-P", "-m", f"benchmarks.peers.{module}"]
        return _run_peer(race, name, command, count, *extra)

    return run


def kafka_streams(race: Race, count: int) -> Measured:
    return _run_peer(race, "kafka_streams", java_command(), count, str(race.folder / "kafka-streams"))


def _run_peer(race: Race, name: str, command: list[str], count: int, *extra: str) -> Measured:
    settings = race.settings("at_least_once")
    output = settings.topics.scores
    arguments = [race.broker, race.topic, output, str(count), str(race.weights), *extra]
    with topics_of(settings, keep=race.topic):
        with child([*command, *arguments], CHILD, race.log(name)) as contestant:
            measured = contestant.race(count)
            _wait_for_scores(race, settings)
        _check_scores(race, settings)
    return measured


def same_work(delivery: str) -> Callable[[Race, int], Measured]:
    """Run the task's work in flagfive's transport, partition worker, committer and checkpoints."""

    def run(race: Race, count: int) -> Measured:
        settings = race.settings(delivery)
        module = [sys.executable, "-P", "-m", "benchmarks.stream.child"]
        with topics_of(settings, keep=race.topic):
            command = [*module, str(count), str(race.weights)]
            with child(command, environment_of(settings), race.log(delivery)) as contestant:
                measured = contestant.race(count)
            batches = _check_scores(race, settings)
            check.check_count(batches, count)
        return measured

    return run


def whole_pipeline(
    delivery: str = "exactly_once", workers: int = 1, module: str = "flagfive"
) -> Callable[[Race, int], Measured]:
    """Run the real `flagfive worker`: two stages, 46 features, base, detectors, reasons for alerts."""

    def run(race: Race, count: int) -> Measured:
        settings = race.settings(delivery)
        command = [sys.executable, "-P", "-m", module, "worker"]
        with topics_of(settings, keep=race.topic), ExitStack() as children:
            models.announce(settings, DETECTORS)
            log = race.log("whole-pipeline")
            started = [
                children.enter_context(child(command, environment_of(settings), log)) for _ in range(workers)
            ]
            measured = progress.race(settings, started, count)
            check.check_count(check.committed_values(race.broker, settings.topics.scores), count)
        return measured

    return run


def kernel_only(race: Race, count: int) -> Measured:
    module = [sys.executable, "-P", "-m", "benchmarks.stream.kernel_only"]
    command = [*module, race.broker, race.topic, str(count), str(race.weights)]
    with child(command, environment_of(race.settings("exactly_once")), race.log("kernel-only")) as contestant:
        return contestant.race(count)


def _wait_for_scores(race: Race, settings: Settings) -> None:
    """Wait until scores are committed; a peer may commit after it reports the end."""
    deadline = time.monotonic() + COMMITTED_WITHIN_S
    while not check.committed_values(race.broker, settings.topics.scores):
        if time.monotonic() > deadline:
            raise check.WrongScores(f"no score was committed within {COMMITTED_WITHIN_S:g} s")


def _check_scores(race: Race, settings: Settings) -> list[ByteStrings]:
    batches = check.committed_values(race.broker, settings.topics.scores)
    schema = transaction_schema(settings)
    check.check_scores(batches, check.reference(race.traffic, schema, Network.load(race.weights)))
    return batches


ROWS = (
    Row("plain_faust", peer("faust", "plain_faust", needs="faust-streaming"), slow=True),
    Row("quix_at_least_once", peer("quix", "quix", "at-least-once", needs="quixstreams"), slow=True),
    Row("quix_exactly_once", peer("quix", "quix", "exactly-once", needs="quixstreams"), slow=True),
    Row("bare_confluent", peer("bare", "bare_confluent", needs="confluent-kafka")),
    Row("kafka_streams_exactly_once", kafka_streams),
    Row("flagfive_at_least_once", same_work("at_least_once")),
    Row("flagfive_exactly_once", same_work("exactly_once")),
    Row("flagfive_whole_pipeline", whole_pipeline()),
    Row("flagfive_unobserved", whole_pipeline(module="benchmarks.stream.unobserved")),
    Row("kernel_only", kernel_only),
)
OURS = ("flagfive_at_least_once", "flagfive_exactly_once", "flagfive_whole_pipeline", "kernel_only")
