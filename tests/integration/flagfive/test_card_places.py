"""`flagfive doctor` names a card whose transactions are on several partitions; the worker counts them."""

from __future__ import annotations

import urllib.request

import pytest
from kafka import KafkaProducer

from flagfive.card_places import card_places
from flagfive.errors import UserError
from flagfive.own_broker import free_port
from flagfive.verbs.doctor import checks
from settings import Settings
from stream.wiring import transaction_schema
from tests.stream_run import stream_run, transactions
from tests.waiting import until


def send(settings: Settings, partition: int, count: int) -> None:
    """Send transactions of one card to a partition."""
    producer = KafkaProducer(bootstrap_servers=settings.broker.bootstrap)
    for key, value in transactions(settings, 100 * partition, count, seed=1, cards=1):
        producer.send(settings.topics.transactions, value, key=key, partition=partition)
    producer.send(settings.topics.transactions, b"no JSON", partition=partition)
    producer.flush()
    producer.close()


def test_doctor_names_a_card_that_is_on_two_partitions(stream_settings: Settings) -> None:
    check = dict(checks(stream_settings))["cards"]
    send(stream_settings, 0, 3)
    assert check() == "each of 1 recent cards is on one partition"
    send(stream_settings, 1, 3)
    assert card_places(stream_settings) == (1, [("...rd-0", [0, 1])], 6, 0)
    with pytest.raises(
        UserError, match=r"1 of 1 recent cards are on several partitions, such as \.\.\.rd-0 on 0, 1"
    ):
        check()


def test_doctor_counts_transactions_that_came_again(stream_settings: Settings) -> None:
    check = dict(checks(stream_settings))["cards"]
    send(stream_settings, 0, 3)
    send(stream_settings, 0, 2)
    assert check() == (
        "each of 1 recent cards is on one partition; 2 of 5 recent transactions came again under their id"
    )


def test_a_worker_counts_transactions_on_another_partition_than_their_cards(
    stream_settings: Settings,
) -> None:
    port = free_port()
    observed = stream_settings.metrics.model_copy(update={"worker_port": port})
    settings = stream_settings.model_copy(update={"metrics": observed})
    send(settings, 0, 3)
    send(settings, 1, 3)
    with stream_run(settings) as run:
        run.start_worker()
        run.wait_for_scores(6)

        def misplaced() -> float:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
                lines = page.read().decode().splitlines()
            return sum(
                float(line.split()[1]) for line in lines if line.startswith("flagfive_misplaced_total ")
            )

        until(lambda: misplaced() == 3, what="three misplaced transactions counted")


def test_event_time_may_be_a_quarter_of_an_hour_ahead(stream_settings: Settings) -> None:
    assert transaction_schema(stream_settings).max_ahead_s == 900.0
