"""Settings of the budget, of adaptation, of the gate, and of the signing key."""

from typing import Literal

from pydantic import Field, SecretStr

from settings.sections.section import EntityName, Section


class BudgetSettings(Section):
    """How much genuine traffic may be alerted."""

    alert_rate: float = Field(
        0.001, gt=0, le=0.5, description="share of genuine traffic that may be alerted, over 0 to 0.5"
    )
    alerts_per_day: float = Field(
        0.0,
        ge=0,
        le=1e7,
        description="false alerts a day, 0 to 10,000,000; they replace alert_rate after one day of traffic; "
        "0 uses alert_rate",
    )
    surge: float = Field(
        0.25,
        ge=0,
        le=1,
        description="part of the budget that an episode may add for a time where it fits in otherwise "
        "only at too high a cost, 0 to 1; 0 is never",
    )
    surge_hours: float = Field(72.0, gt=0, le=720, description="hours that a surge lasts, over 0 to 720")
    steer_seconds: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="seconds between two corrections of the threshold, which keep each day to the budget; "
        "0 to 3600; 0 is none",
    )
    models_least: float = Field(
        0.1,
        ge=0.01,
        le=1,
        description="part of the budget that models may spend although written rules, lists and segments of "
        "the decision policy use more than the rest, 0.01 to 1",
    )


class AdaptationSettings(Section):
    """How an episode becomes a detector."""

    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="where torch computes")
    adapter: EntityName = Field("portfolio", description="name of an adapter in meta/adapters")
    policy: Literal["auto", "approve", "shadow"] = Field(
        "auto",
        description="a detector that passed the gate goes live (auto), waits for a person (approve) or "
        "scores silently (shadow)",
    )
    four_eyes: bool = Field(
        False, description="whether every episode needs the approval of a person other than its author"
    )
    risk_half_life_days: float = Field(
        14.0, gt=0, le=3650, description="days in which the risk of a confirmed fraud halves, over 0 to 3650"
    )
    block_days: float = Field(
        28.0, gt=0, le=3650, description="days that a shared terminal or device is blocked, over 0 to 3650"
    )
    expire_days: float = Field(
        0.0, ge=0, le=3650, description="days after which a detector retires, 0 to 3650; 0 is never"
    )
    recalibrate_hours: float = Field(
        24.0, ge=0, le=8760, description="hours between recalibrations, 0 to 8760; 0 is never"
    )
    most_refined: int = Field(
        4,
        ge=0,
        le=50,
        description="most refined detectors live at once, 0 to 50; each costs the scorer a pass of the "
        "base's network; 0 refines none",
    )
    growth: float = Field(
        1.0,
        ge=0,
        le=100,
        description="transactions that may join an approved episode until it needs another approval, in "
        "parts of those approved, 0 to 100; it counts where a person must approve",
    )


class GateSettings(Section):
    """What a detector must keep to go live, and what its share of the budget is chosen by."""

    objective: Literal["frauds", "money"] = Field(
        "frauds", description="what is maximised: frauds caught a day, or their amount"
    )
    known_fraud_lost: float = Field(
        0.05, ge=0, le=1, description="most recall that a set of known fraud may lose, 0 to 1"
    )
    alerts_added: float = Field(
        0.0, ge=0, le=1e7, description="most alerts a day that a detector may add; 0 is no limit"
    )
    confidence: float = Field(
        0.6, ge=0, lt=1, description="probability that a detector gains something, at least, 0 to below 1"
    )


class ControlSettings(Section):
    """The signature of the control log, where it does not come from the folder of keys."""

    key: SecretStr | None = Field(
        None,
        min_length=16,
        description="signing key of at least 16 characters, only from the environment variable "
        "FLAGFIVE_CONTROL_KEY; without it, the folder of keys has one",
    )
    earlier_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="key that signed before and still verifies, only from the environment variable "
        "FLAGFIVE_CONTROL__EARLIER_KEY",
    )
