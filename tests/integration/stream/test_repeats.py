"""A transaction that comes again is scored once, also where workers die in between."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import msgspec
import pytest

from contracts.dead_letter import DeadLetter
from flagfive.own_broker import free_port
from settings import Settings
from tests.never_disturbed import assert_as_never_disturbed
from tests.stream_run import StreamRun, stream_run, transactions
from tests.waiting import until

COUNT, WITHIN_S = 3_000, 240.0


@pytest.fixture(params=["exactly_once", "at_least_once"])
def settings(stream_settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Return settings of one mode of delivery, with a checkpoint now and then."""
    update = {"delivery": request.param, "checkpoint_interval_s": 0.5}
    stream = stream_settings.stream.model_copy(update=update)
    return stream_settings.model_copy(update={"stream": stream})


@pytest.fixture
def run(settings: Settings) -> Iterator[StreamRun]:
    with stream_run(settings) as run:
        yield run


def wait_for_scores(run: StreamRun, count: int) -> None:
    """Wait until so many different transactions are scored; with at least once, some may be scored again."""

    def scored() -> bool:
        enough = run.written(run.settings.topics.scores) >= count
        return enough and len({score["transaction_id"] for score in run.scores()}) >= count

    until(scored, what=f"scores of {count} transactions", within_s=WITHIN_S)


def assert_scored_once(run: StreamRun, count: int) -> None:
    """Assert that every transaction is scored, and that only one record of each is."""
    ids = [score["transaction_id"] for score in run.scores()]
    assert set(ids) == {f"tx-{number}" for number in range(count)}
    until(lambda: len(scored_places(run)) >= count, what=f"features of {count} transactions")
    assert len(scored_places(run)) == count
    if run.settings.stream.delivery == "exactly_once":
        assert_as_never_disturbed(run, count)


def scored_places(run: StreamRun) -> set[tuple[int, int]]:
    """Return source partition and offset of every scored record."""
    scored = run.scored()
    return set(zip(scored["source_partition"].to_pylist(), scored["source_offset"].to_pylist(), strict=True))


def sent_twice(run: StreamRun, first: int, count: int) -> None:
    """Send transactions, each twice in a row, so that one batch holds both."""
    records = transactions(run.settings, first, count, seed=first, cards=300)
    run.send(*zip(*[record for record in records for _ in range(2)], strict=True))


def sent_again(run: StreamRun, first: int, count: int) -> None:
    """Send the transactions of an earlier `sent_twice` again."""
    run.send(*zip(*transactions(run.settings, first, count, seed=first, cards=300), strict=True))


def test_a_transaction_that_comes_again_is_scored_once(run: StreamRun) -> None:
    run.start_worker()
    sent_twice(run, 0, COUNT)
    wait_for_scores(run, COUNT)
    sent_again(run, 0, COUNT)
    sent_twice(run, COUNT, COUNT)
    wait_for_scores(run, 2 * COUNT)
    assert_scored_once(run, 2 * COUNT)


def test_repeats_change_no_feature_and_are_known_after_a_kill(run: StreamRun) -> None:
    worker = run.start_worker()
    sent_twice(run, 0, COUNT)
    wait_for_scores(run, COUNT)
    worker.kill()
    worker.wait()
    sent_again(run, 0, COUNT)
    run.start_worker()
    sent_twice(run, COUNT, COUNT)
    wait_for_scores(run, 2 * COUNT)
    assert_scored_once(run, 2 * COUNT)


def test_a_worker_that_takes_a_partition_over_knows_its_ids(run: StreamRun) -> None:
    first = run.start_worker()
    sent_twice(run, 0, COUNT)
    wait_for_scores(run, COUNT)
    run.start_worker()  # one partition moves to it
    sent_again(run, 0, COUNT)
    sent_twice(run, COUNT, COUNT)
    wait_for_scores(run, 2 * COUNT)
    first.kill()
    first.wait()
    sent_again(run, 0, COUNT)
    sent_twice(run, 2 * COUNT, COUNT)
    wait_for_scores(run, 3 * COUNT)
    assert_scored_once(run, 3 * COUNT)


def test_an_id_with_another_body_becomes_a_dead_letter_without_bytes(run: StreamRun) -> None:
    run.start_worker()
    [(key, value)] = transactions(run.settings, 0, 1, seed=0, cards=1)
    fields = msgspec.json.decode(value, type=dict[str, object])
    other = msgspec.json.encode({**fields, run.settings.transaction.amount: 0.5})
    reordered = msgspec.json.encode(dict(reversed(fields.items())))
    run.send([key] * 4, [value, other, reordered, value])
    run.send_transactions(1, seed=1, cards=1)  # tx-0 with another body: the second letter
    wait_for_scores(run, 1)
    letters = until(lambda: dead_letters(run, 2), what="two dead letters", within_s=WITHIN_S)
    assert {(letter.reason, letter.value) for letter in letters} == {("reused_id", None)}
    assert [score["transaction_id"] for score in run.scores()] == ["tx-0"]


def dead_letters(run: StreamRun, count: int) -> list[DeadLetter] | None:
    found = [value for _, value in run.records(run.settings.topics.dead_letters)]
    return [msgspec.json.decode(value, type=DeadLetter) for value in found] if len(found) >= count else None


def test_repeats_are_counted(settings: Settings) -> None:
    port = free_port()
    observed = settings.metrics.model_copy(update={"worker_port": port})
    with stream_run(settings.model_copy(update={"metrics": observed})) as run:
        run.start_worker()
        sent_twice(run, 0, 100)
        wait_for_scores(run, 100)

        def repeated() -> float:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
                lines = page.read().decode().splitlines()
            name = "flagfive_repeated_transactions_total "
            return sum(float(line.split()[1]) for line in lines if line.startswith(name))

        until(lambda: repeated() == 100, what="a hundred repeats counted", within_s=WITHIN_S)


def test_without_a_window_every_record_is_scored(settings: Settings) -> None:
    stream = settings.stream.model_copy(update={"repeat_hours": 0.0})
    with stream_run(settings.model_copy(update={"stream": stream})) as run:
        run.start_worker()
        sent_twice(run, 0, 100)
        run.wait_for_scores(200, within_s=WITHIN_S)
