"""The demo's stand-in analyst judges by the truth, and leaves some alerts to the visitor."""

from flagfive.demo.analyst import StandInAnalyst
from flagfive.demo.observer import ObservedScore, Observer, Truth
from settings import Settings

FAR = 1e12


def score(number: int, *, alerted: bool) -> ObservedScore:
    return ObservedScore(f"t{number}", "card", "review" if alerted else "approve", "base", 1, 0, number)


def watched(*, working: bool = True) -> tuple[StandInAnalyst, Observer]:
    analyst = StandInAnalyst(Settings(), working=working)
    observer = Observer("new pattern", notice=analyst.notice)
    for number in range(400):
        fraud, alerted = number % 2 == 0, number % 4 < 2
        observer.truth[f"t{number}"] = Truth("card_testing" if fraud else "", 10.0)
        observer.take([score(number, alerted=alerted)])
    return analyst, observer


def test_alerts_get_the_verdict_of_the_simulator_and_some_are_left_to_the_visitor() -> None:
    analyst, observer = watched()
    requests = [request for _ in range(9) for request in analyst.due(FAR)]
    verdicts = {
        identity: fraud
        for request in requests
        if request.source == "analyst"
        for identities, fraud in ((request.fraud, True), (request.genuine, False))
        for identity in identities
    }
    assert 100 < len(verdicts) < 200  # of 200 alerts
    assert all(fraud == bool(observer.truth[identity].family) for identity, fraud in verdicts.items())
    assert {request.kind for request in requests} == {"label"}


def test_missed_frauds_are_reported_as_chargebacks_and_genuine_payments_never() -> None:
    analyst, observer = watched()
    reported = [r for _ in range(9) for r in analyst.due(FAR) if r.source == "chargeback"]
    ids = [identity for request in reported for identity in request.fraud]
    assert 0 < len(ids) < 100  # of 100 missed frauds
    assert all(observer.truth[identity].family for identity in ids)
    assert not any(request.genuine for request in reported)


def test_verdicts_wait_until_they_are_due_and_are_sent_once() -> None:
    analyst, _ = watched()
    assert analyst.due(0.0) == []
    assert analyst.due(FAR) != []
    while analyst.due(FAR):
        pass
    assert analyst.due(FAR) == []


def test_before_the_analyst_works_nothing_is_collected() -> None:
    analyst, _ = watched(working=False)
    assert analyst.due(FAR) == []
