"""The standing policy: how much is alerted, who must approve a detector, how long data is kept.

The settings file states it; what an administrator sets in the console overrides single terms. Every process
derives it with `StandingPolicy.of_settings` and `overridden`, so all of them obey the same policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, Protocol

ReleasePolicy = Literal["auto", "approve", "shadow"]
"""What happens to a detector that passed the gate: it goes live, waits for a person, or scores silently."""

GateObjective = Literal["frauds", "money"]
"""What the share of the budget of a new detector maximises: frauds caught a day, or their amount."""

DAY_S = 86_400.0
LARGEST_BUDGET = 0.5


class BudgetTerms(Protocol):
    """The section `[budget]` of the settings file."""

    @property
    def alert_rate(self) -> float: ...
    @property
    def alerts_per_day(self) -> float: ...
    @property
    def surge(self) -> float: ...
    @property
    def surge_hours(self) -> float: ...
    @property
    def steer_seconds(self) -> float: ...
    @property
    def models_least(self) -> float: ...


class AdaptationTerms(Protocol):
    """The section `[adaptation]` of the settings file."""

    @property
    def policy(self) -> ReleasePolicy: ...
    @property
    def four_eyes(self) -> bool: ...
    @property
    def risk_half_life_days(self) -> float: ...
    @property
    def block_days(self) -> float: ...
    @property
    def expire_days(self) -> float: ...
    @property
    def recalibrate_hours(self) -> float: ...
    @property
    def most_refined(self) -> int: ...
    @property
    def growth(self) -> float: ...


class GateTerms(Protocol):
    """The section `[gate]` of the settings file."""

    @property
    def objective(self) -> GateObjective: ...
    @property
    def known_fraud_lost(self) -> float: ...
    @property
    def alerts_added(self) -> float: ...
    @property
    def confidence(self) -> float: ...


class StorageTerms(Protocol):
    """The section `[storage]` of the settings file."""

    @property
    def transactions_days(self) -> float: ...
    @property
    def alerts_days(self) -> float: ...
    @property
    def labels_days(self) -> float: ...
    @property
    def cases_days(self) -> float: ...


class SettingsFile(Protocol):
    """The settings file, as far as it states the standing policy."""

    @property
    def budget(self) -> BudgetTerms: ...
    @property
    def adaptation(self) -> AdaptationTerms: ...
    @property
    def gate(self) -> GateTerms: ...
    @property
    def storage(self) -> StorageTerms: ...


@dataclass(frozen=True)
class StandingPolicy:
    """Terms that hold until an administrator changes them.

    Attributes:
        alert_rate: share of genuine traffic that may be alerted, over 0 to 0.5.
        alerts_per_day: false alerts a day; over 0 it replaces `alert_rate` once a day of traffic is known.
        policy: what happens to a detector that passed the gate.
        four_eyes: whether a second person must approve what the first flagged.
        risk_half_life_days: days of event time in which the risk of a confirmed fraud halves.
        block_days: days that a shared terminal or device is blocked after its last fraud.
        expire_days: age at which a detector retires; 0 for never.
        recalibrate_hours: hours between recalibrations; 0 for none.
        transactions_days: days of event time that transactions are kept; 0 keeps all.
        alerts_days: days that alerts are kept; 0 keeps all.
        objective: what the share of the budget of a new detector maximises.
        known_fraud_lost: most recall that a set of known fraud may lose, 0 to 1.
        alerts_added: most alerts a day that a detector may add; 0 for no limit.
        confidence: probability that a detector gains something, at least.
        surge: part of the budget that an episode may add for a time; 0 for none.
        surge_hours: hours that a surge lasts.
        steer_seconds: seconds between two corrections of the threshold; 0 for none.
        most_refined: most refined detectors that are live at once; 0 refines none.
        growth: transactions that may join an approved episode without another approval, in parts of those
            approved; it counts where a person must approve.
        labels_days: days that labels are kept; 0 keeps all.
        cases_days: days that notes, and closed cases with their links, are kept; 0 keeps all.
        models_least: part of the budget that the threshold may spend although rules, lists and segments use
            more than the rest.
    """

    alert_rate: float = 0.001
    alerts_per_day: float = 0.0
    policy: ReleasePolicy = "auto"
    four_eyes: bool = False
    risk_half_life_days: float = 14.0
    block_days: float = 28.0
    expire_days: float = 0.0
    recalibrate_hours: float = 24.0
    transactions_days: float = 0.0
    alerts_days: float = 0.0
    objective: GateObjective = "frauds"
    known_fraud_lost: float = 0.05
    alerts_added: float = 0.0
    confidence: float = 0.6
    surge: float = 0.25
    surge_hours: float = 72.0
    steer_seconds: float = 10.0
    most_refined: int = 4
    growth: float = 1.0
    labels_days: float = 0.0
    cases_days: float = 0.0
    models_least: float = 0.1

    @classmethod
    def of_settings(cls, settings: SettingsFile) -> StandingPolicy:
        """The policy that the settings file states."""
        budget, adaptation, storage = settings.budget, settings.adaptation, settings.storage
        gate = settings.gate
        return cls(
            budget.alert_rate,
            budget.alerts_per_day,
            adaptation.policy,
            adaptation.four_eyes,
            adaptation.risk_half_life_days,
            adaptation.block_days,
            adaptation.expire_days,
            adaptation.recalibrate_hours,
            storage.transactions_days,
            storage.alerts_days,
            gate.objective,
            gate.known_fraud_lost,
            gate.alerts_added,
            gate.confidence,
            budget.surge,
            budget.surge_hours,
            budget.steer_seconds,
            adaptation.most_refined,
            adaptation.growth,
            storage.labels_days,
            storage.cases_days,
            budget.models_least,
        )

    def overridden(self, terms: Mapping[str, Any]) -> StandingPolicy:
        """The same policy with `terms` in place of its own.

        Args:
            terms: values by name, as an administrator set them. Names that this version does not know, for
                example from a later version, are ignored.

        Returns:
            A new policy.

        >>> StandingPolicy().overridden({"policy": "approve", "unheard_of": 1}).policy
        'approve'
        """
        known = {field.name for field in fields(self)}
        return replace(self, **{name: value for name, value in terms.items() if name in known})

    def release(self, asked: ReleasePolicy = "auto") -> ReleasePolicy:
        """What happens to a detector that passed the gate.

        Args:
            asked: what the request asks for. A request can only hold back more than the policy does.

        Returns:
            `auto` only where both the policy and the request are `auto` and `four_eyes` is off.

        >>> StandingPolicy(policy="approve").release("auto")
        'approve'
        >>> StandingPolicy(policy="auto").release("shadow")
        'shadow'
        """
        if asked != "auto":
            return asked
        if self.policy == "auto" and self.four_eyes:
            return "approve"
        return self.policy

    def budget(self, per_day: float | None) -> float:
        """Share of genuine traffic that may be alerted, over 0 to 0.5.

        Args:
            per_day: transactions a day; None while they are not known.

        Returns:
            `alerts_per_day` as a share of the traffic, at most 0.5; `alert_rate` where either is not known.

        >>> StandingPolicy(alerts_per_day=50).budget(100_000.0)
        0.0005
        >>> StandingPolicy(alert_rate=0.002, alerts_per_day=50).budget(None)
        0.002
        """
        if not self.alerts_per_day or not per_day:
            return self.alert_rate
        return min(self.alerts_per_day / per_day, LARGEST_BUDGET)
