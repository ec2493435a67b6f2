"""Progress of a group of unmodified `flagfive worker` processes, read from the broker."""

import time
from collections.abc import Sequence

from kafka import KafkaConsumer, TopicPartition

from benchmarks.stream.measure import LIMIT_S, Contestant, Measured, Moment
from contracts.broker import kafka_python_options
from settings import Settings

_POLL_S = 0.03  # 0.3% of a run of about ten seconds


class Progress:
    """Reads the group's committed offsets without joining the group."""

    def __init__(self, settings: Settings) -> None:
        self._topics = settings.topics
        self._numbers = range(settings.topics.partitions)
        self._consumer = KafkaConsumer(
            **kafka_python_options(settings.broker),
            group_id=settings.stream.group,
            enable_auto_commit=False,
        )
        inputs = [TopicPartition(settings.topics.transactions, n) for n in self._numbers]
        ends = self._consumer.end_offsets(inputs)
        self._ends = {partition.partition: offset for partition, offset in ends.items()}

    def read(self) -> int:
        """Return the number of transactions that the first stage has committed."""
        places = (self._committed(self._topics.transactions, n) for n in self._numbers)
        return sum(place.offset for place in places if place is not None)

    def finished(self) -> bool:
        """Return whether the whole topic is scored, by the offsets in the last stage's commit metadata."""
        for number in self._numbers:
            place = self._committed(self._topics.returned, number)
            if place is None or int(place.metadata or -1) < self._ends[number]:
                return False
        return True

    def close(self) -> None:
        self._consumer.close()

    def _committed(self, topic: str, number: int):  # type: ignore[no-untyped-def]
        return self._consumer.committed(TopicPartition(topic, number), metadata=True)


def race(settings: Settings, workers: Sequence[Contestant], transactions: int) -> Measured:
    """Measure all workers together, from the first commit of the first stage to the last score."""
    progress = Progress(settings)
    try:
        _until(lambda: progress.read() > 0, workers)
        begin, before = _moment(workers), progress.read()
        _until(progress.finished, workers)
        end = _moment(workers)
    finally:
        progress.close()
    peak = sum(worker.peak_mib for worker in workers)
    return Measured.between(begin, end, transactions - before, peak)


def _moment(workers: Sequence[Contestant]) -> Moment:
    moments = [Moment.of(worker.watched) for worker in workers]
    return Moment(moments[0].wall, sum(moment.cpu for moment in moments))


def _until(condition, workers: Sequence[Contestant]) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        for worker in workers:
            worker.check()
        if time.monotonic() > deadline:
            raise workers[0].failure(f"was not done within {LIMIT_S:g} s")
        time.sleep(_POLL_S)
