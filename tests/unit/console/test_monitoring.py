"""The data of the monitoring page: rates, quality, alarms, workers, and the broker's lag."""

from collections.abc import Callable

import msgspec
import pytest

from console.context import ConsoleContext
from console.lag import KafkaLag, LagNow
from contracts.business_view import BusinessView, ScorerMoney, SegmentFigures
from flagfive.own_broker import free_port
from settings import BrokerSettings, Settings
from storage.measurements import Measurement
from tests.unit.console.at_hand import LagAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import DAY
from tests.waiting import until

Sign = Callable[[str], Person]


@pytest.mark.usefixtures("stored")
def test_monitoring_tells_rates_workers_and_lag(person: Sign) -> None:
    found = person("viewer").get("/monitoring").json()
    assert (found["alert_rate"], found["budget"], found["waiting"]) == (1.0, 0.001, 10)
    assert found["workers"] == [
        {"name": "worker-1", "partitions": [0], "control_offset": 9, "seen_at": 1_760_000_000.0}
    ]
    assert [(row["partition"], row["end"], row["lag"]) for row in found["partitions"]] == [
        (0, 25, 5),
        (1, 0, None),
    ]
    assert found["lag_problem"] == ""


def test_monitoring_goes_on_while_the_broker_is_away(person: Sign, lag: LagAtHand) -> None:
    lag.answer = LagNow(problem="the broker does not answer")
    found = person("viewer").get("/monitoring").json()
    assert (found["lag_problem"], found["lag_read_at"]) == ("the broker does not answer", None)
    assert [(row["partition"], row["worker"], row["lag"]) for row in found["partitions"]] == [
        (0, "worker-1", None)
    ]


def test_monitoring_tells_quality_by_day_and_open_alarms(person: Sign, context: ConsoleContext) -> None:
    about = {"age_days": 0.5, "frauds": 12, "labels_missing": None}
    alarm = {"subjects": ["card_ratio_7d"], "limit": 0.25, "worst": 0.4, "found": {}}
    with context.unit() as unit:
        unit.measurements.put(
            [
                Measurement(kind="recall", subject="", time=DAY, value=0.5, low=0.2, high=0.8, details=about),
                Measurement(kind="alarm", subject="feature_drift", time=DAY, value=1.0, details=alarm),
                Measurement(kind="alarm", subject="score_drift", time=DAY, value=0.0, details=alarm),
            ]
        )
        unit.commit()
    found = person("viewer").get("/monitoring").json()
    assert [(day["recall"], day["card_precision"], day["frauds"]) for day in found["quality"]] == [
        (0.5, None, 12)
    ]
    assert [(one["name"], one["subjects"]) for one in found["alarms"]] == [
        ("feature_drift", ["card_ratio_7d"])
    ]


def test_a_broker_that_is_away_is_told_of_and_asked_again() -> None:
    address = f"127.0.0.1:{free_port()}"
    lag = KafkaLag(Settings(broker=BrokerSettings(bootstrap=address)))
    problem = until(lambda: lag.now().problem or None, what="word of the broker")
    assert problem == "the broker does not answer"
    assert (lag.now().ends, lag.now().read_at) == ({}, None)


def test_monitoring_tells_the_business_view_of_a_month_and_a_quarter(
    person: Sign, context: ConsoleContext
) -> None:
    money = ScorerMoney(alerts=9, confirmed=2, rejected=4, held=200.0, unjudged_value=30.0)
    absent = SegmentFigures(payments=100.0, value=1_000.0, frauds=2, passed=1, passed_value=1.0)
    view = BusinessView(
        since=0.0, until=DAY, days=3, segments={"card absent": absent}, scorers={"base": money},
        psd2_limit=100, vamp_ratio=0.01, vamp_level="excessive", review_s=31.0, waiting=3,
        oldest_s=9.0, median_s=5.0,
    )  # fmt: skip
    ask = person("viewer").get
    assert ask("/monitoring/business").status_code == 404
    details = msgspec.to_builtins(view)
    with context.unit() as unit:
        unit.measurements.put(
            [
                Measurement(kind="business", subject=n, time=0.0, value=DAY, details=details)
                for n in ("30", "90")
            ]
        )
        unit.commit()
    found = ask("/monitoring/business", days="90").json()
    assert (found["period_days"], found["psd2_limit"], found["review_s"]) == (90, 100, 31.0)
    assert found["segments"][0]["rate_by_value"] == 0.001
    assert (found["together"]["held"], found["together"]["unjudged"]) == (200.0, 3)
    assert ask("/monitoring").json()["business"]["period_days"] == 30
    assert ask("/monitoring/business", days="7").status_code == 422
