"""The business view of detection: what the monitor stores, and console and command show.

Amounts are in the units of the transactions; several currencies are added up as they are.
"""

from __future__ import annotations

import msgspec

KIND = "business"
"""Kind of the measurement that holds a view; subject `30` has thirty days, `90` has ninety."""


class SegmentFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Traffic and known fraud of one segment: `card absent` or `card present`.

    Attributes:
        payments: payments scored.
        value: their amount.
        frauds: known frauds, stopped or not.
        fraud_value: their amount.
        passed: known frauds that were approved without an alert.
        passed_value: their amount.
    """

    payments: float = 0.0
    value: float = 0.0
    frauds: int = 0
    fraud_value: float = 0.0
    passed: int = 0
    passed_value: float = 0.0

    @property
    def rate_by_value(self) -> float | None:
        """Amount of frauds that passed, as a share of the amount of all payments; None without any."""
        return self.passed_value / self.value if self.value > 0 else None

    @property
    def rate_by_count(self) -> float | None:
        """Number of frauds that passed, as a share of all payments; None without any."""
        return self.passed / self.payments if self.payments > 0 else None


class ScorerMoney(msgspec.Struct, frozen=True, kw_only=True):
    """Alerts and money of the base, a detector (by id), `block`, or a written rule (`rule/ID`).

    Attributes:
        alerts: alerts raised.
        confirmed: alerts judged fraud.
        rejected: alerts judged genuine.
        held: amount of confirmed alerts; unjudged ones do not count.
        unjudged_value: amount of alerts without a verdict.
        rejected_value: amount of alerts judged genuine.
    """

    alerts: int = 0
    confirmed: int = 0
    rejected: int = 0
    held: float = 0.0
    unjudged_value: float = 0.0
    rejected_value: float = 0.0

    def __add__(self, other: ScorerMoney) -> ScorerMoney:
        """Add up two scorers."""
        names = self.__struct_fields__
        return ScorerMoney(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def unjudged(self) -> int:
        """Alerts without a verdict."""
        return self.alerts - self.confirmed - self.rejected

    @property
    def false_positive_ratio(self) -> float | None:
        """Alerts judged genuine for each one confirmed; None before any is confirmed."""
        return self.rejected / self.confirmed if self.confirmed else None


class BusinessView(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of a period of event time.

    Attributes:
        since: beginning of the period, seconds since 1970.
        until: its end.
        days: whole days of the period that have traffic.
        segments: figures by segment.
        scorers: figures by scorer, the busiest by id, the rest as `other`.
        psd2_limit: highest amount in EUR that this fraud rate may exempt from strong authentication, 0 for
            none; None without card-absent payments.
        vamp_ratio: known frauds that passed for each card-absent payment that was not alerted; the part of
            Visa's ratio that flagfive knows, since disputes without fraud do not reach it. None without any.
        vamp_level: `below`, `above standard` or `excessive` for an acquirer.
        review_s: seconds that analysts take for one alert, pauses left out; None with too few verdicts.
        waiting: alerts without a verdict, of any age.
        oldest_s: event time since the oldest of them, seconds.
        median_s: event time since the middle one, seconds.
    """

    since: float
    until: float
    days: int
    segments: dict[str, SegmentFigures]
    scorers: dict[str, ScorerMoney]
    psd2_limit: int | None
    vamp_ratio: float | None
    vamp_level: str
    review_s: float | None
    waiting: int
    oldest_s: float
    median_s: float

    @property
    def together(self) -> ScorerMoney:
        """The figures of all scorers."""
        return sum(self.scorers.values(), ScorerMoney())
