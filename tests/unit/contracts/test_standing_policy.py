"""The standing policy: the settings file, an administrator's override, and the limits of requests."""

import itertools

import pytest

from contracts.standing_policy import ReleasePolicy, StandingPolicy
from settings import AdaptationSettings, BudgetSettings, GateSettings, Settings, StorageSettings

RELEASES: tuple[ReleasePolicy, ...] = ("auto", "approve", "shadow")


def test_every_term_comes_from_the_settings_file() -> None:
    settings = Settings(
        budget=BudgetSettings(
            alert_rate=0.002,
            alerts_per_day=9.0,
            surge=0.5,
            surge_hours=9.0,
            steer_seconds=11.0,
            models_least=0.2,
        ),
        adaptation=AdaptationSettings(
            policy="shadow",
            four_eyes=True,
            risk_half_life_days=3.0,
            block_days=4.0,
            expire_days=5.0,
            recalibrate_hours=6.0,
            most_refined=7,
            growth=0.5,
        ),
        storage=StorageSettings(transactions_days=7.0, alerts_days=8.0, labels_days=9.0, cases_days=10.0),
        gate=GateSettings(objective="money", known_fraud_lost=0.1, alerts_added=30.0, confidence=0.9),
    )
    assert StandingPolicy.of_settings(settings) == StandingPolicy(
        0.002,
        9.0,
        "shadow",
        True,
        3.0,
        4.0,
        5.0,
        6.0,
        7.0,
        8.0,
        "money",
        0.1,
        30.0,
        0.9,
        0.5,
        9.0,
        11.0,
        7,
        0.5,
        9.0,
        10.0,
        0.2,
    )


def test_without_a_settings_file_both_have_the_same_defaults() -> None:
    assert StandingPolicy.of_settings(Settings()) == StandingPolicy()


def test_only_what_an_administrator_sets_is_overridden() -> None:
    filed = StandingPolicy(alert_rate=0.002, policy="shadow")
    assert filed.overridden({}) == filed
    assert filed.overridden({"policy": "approve", "of_a_later_version": 1}) == StandingPolicy(
        alert_rate=0.002, policy="approve"
    )


@pytest.mark.parametrize(
    ("policy", "asked", "four_eyes"), list(itertools.product(RELEASES, RELEASES, (False, True)))
)
def test_a_request_can_hold_back_more_than_the_policy_and_never_less(
    policy: ReleasePolicy, asked: ReleasePolicy, four_eyes: bool
) -> None:
    released = StandingPolicy(policy=policy, four_eyes=four_eyes).release(asked)
    assert (released == "auto") == (policy == asked == "auto" and not four_eyes)
    if asked != "auto":
        assert released == asked
    elif policy != "auto":
        assert released == policy
