"""A drift of the demo changes amounts of some shops only; its figures say whether it was noticed."""

import numpy as np

from flagfive.demo.drift_story import EXPECTED, DriftFigures
from flagfive.demo.traffic import in_cents
from simulate.traffic import SimulatedTraffic


def test_a_fifth_of_the_shops_sends_cents_and_all_else_stays() -> None:
    chunk = SimulatedTraffic(3, cards=200).live(1.7e9).take(5_000)
    changed = in_cents(chunk)
    times = changed.amount / chunk.amount
    assert set(np.unique(np.round(times, 6))) == {1.0, 100.0}
    assert 0.1 < np.mean(times > 1.0) < 0.3
    assert len(np.unique(chunk.merchant[times > 1.0])) > 20
    assert changed.ids() == chunk.ids()
    assert np.array_equal(changed.fraud, chunk.fraud)


def figures(alarms: tuple[str, ...]) -> DriftFigures:
    return DriftFigures(
        transactions_scored=1,
        drift_to_alarm_days=dict.fromkeys(alarms, 1.0),
        drift_to_alarm_s=10.0,
        subjects={},
        lost=0,
        duplicated=0,
    )


def test_a_drift_is_noticed_if_every_expected_alarm_was_raised() -> None:
    assert figures(EXPECTED).succeeded
    assert figures((*EXPECTED, "alert_rate")).succeeded
    assert not figures(EXPECTED[1:]).succeeded
