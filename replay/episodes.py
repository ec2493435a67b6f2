"""The base with what a few flags a day add: episodes, detectors and entity rules, by live code."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats
from meta.base import BaseModel
from meta.calibration import CEILING, Tails
from meta.entity_risk import left_by_blocks
from meta.false_alerts import CLEARLY, sort_alerts
from meta.gate import judge
from meta.live import LiveDetector
from meta.reservoir import Reservoir
from meta.risk_share import choose_risk_share
from meta.stack import BASE, ScoringStack
from meta.support import Support
from meta.verdict import Limits, Verdict
from replay.desk import News
from replay.entity_rules import EntityRules
from replay.shift_contender import DeskHistory
from replay.traffic import TrafficRows, joined

BACKGROUND = 2_048  # genuine rows that the adapter may read
FEWEST_ROWS = 5_000  # below, a budget of 0.1% is less than five rows
COMMON = 0.01  # an entity with more of the traffic is ordinary, not the pattern
PAST_ROWS = 1_000  # confirmed frauds that must not be lost


@dataclass
class ReplayedEpisode:
    """Flagged and confirmed frauds of one pattern, rejected alerts, and what the gate made of them."""

    flagged_at: float
    frauds: list[TrafficRows] = field(default_factory=list)
    rejected: list[TrafficRows] = field(default_factory=list)
    live: LiveDetector | None = None
    live_at: float | None = None
    reasons: tuple[str, ...] = ()


class BaseWithEpisodes:
    """Base, entity rules where given, detectors where an adapter is given; calibrated anew every shift."""

    def __init__(
        self,
        base: BaseModel,
        past: Floats,
        adapter: Adapter | None,
        rules: EntityRules | None,
        history: DeskHistory,
    ) -> None:
        self._history, self._adapter, self._rules = history, adapter, rules
        self._past = past[:PAST_ROWS]
        self._stack = ScoringStack(
            base, Tails.fit(base.score(self._live(history.rows.where(~history.rows.fraud))))
        )
        self._threshold, self._risk_share = history.threshold, 1.0
        self._frauds = np.empty(0, np.int64)  # numbers of rows that are known as fraud
        self._found: list[TrafficRows] = []  # confirmed alerts of the base
        self._winner = np.empty(0, np.int32)
        self.episodes: dict[str, ReplayedEpisode] = {}
        self._calibrate()

    def margin(self, shift: TrafficRows) -> Doubles:
        """As ShiftContender; what is blocked is above all else."""
        surprise, self._winner = self._stack.score(self._live(shift))
        if self._rules is not None:
            surprise = np.minimum(surprise + self._risk_share * self._boosts(shift), CEILING)
            surprise = surprise + CEILING * self._rules.blocked(shift)
        return np.asarray(surprise - self._threshold)

    def learn(self, news: News) -> None:
        """1. Note what is fraud.  2. Rules of entities.  3. Tails and threshold.  4. Adapt grown episodes."""
        judged = news.judged()
        matured = [] if news.matured is None else [news.matured]
        fresh = joined([judged, *matured])
        fresh = fresh.where(fresh.fraud & ~np.isin(fresh.row, self._frauds))
        fresh = fresh.where(np.unique(fresh.row, return_index=True)[1])
        self._frauds = np.concatenate([self._frauds, fresh.row])
        if self._rules is not None:
            self._confirm(self._rules, news, fresh)
        self._calibrate()
        if self._adapter is not None:
            for name in self._grown(news):
                self._adapt(self._adapter, name, news.now)

    def _confirm(self, rules: EntityRules, news: News, fresh: TrafficRows) -> None:
        recent, flagged = self._history.recent.rows(), news.shift.where(news.flagged)
        for family in np.unique(flagged.family).tolist():
            rules.confirm(flagged.where(flagged.family == family), recent, of_one_pattern=True)
        others = fresh.where(~np.isin(fresh.row, flagged.row))
        if len(others):
            rules.confirm(others, recent, of_one_pattern=False)
        judged = news.judged()
        rules.clear(judged.where(~judged.fraud))

    def _grown(self, news: News) -> list[str]:
        """Add flags to the episode of their pattern, judged alerts to that of their detector."""
        grown = []
        flagged = news.shift.where(news.flagged)
        for family in np.unique(flagged.family).tolist():
            name = self._history.families[family] if family >= 0 else f"reported by {news.now:.0f}"
            episode = self.episodes.setdefault(name, ReplayedEpisode(news.now))
            episode.frauds.append(flagged.where(flagged.family == family))
            grown.append(name)
        judged = news.examined[news.shift.known[news.examined]]
        for place, name in enumerate(self._standing()):
            rows = news.shift.where(judged[self._winner[judged] == place])
            if len(rows):
                self.episodes[name].frauds.append(rows.where(rows.fraud))
                self.episodes[name].rejected.append(rows.where(~rows.fraud))
                grown.append(name)
        own = news.shift.where(judged[self._winner[judged] == BASE])
        self._found = [*self._found, own.where(own.fraud)][-PAST_ROWS:]
        return list(dict.fromkeys(grown))

    def _standing(self) -> list[str]:
        """Episodes whose detectors score, in the order of the stack."""
        return [name for name, episode in self.episodes.items() if episode.live is not None]

    def _calibrate(self) -> None:
        """Fit all tails and the joint threshold to recent traffic, in which alerts are mostly unjudged."""
        recent = self._unknown(self._history.recent.rows())
        X, surprise = self._recent(recent)
        clear, expected = self._threshold + CLEARLY, self._history.budget * 10.0**-CLEARLY
        keep = sort_alerts(np.arange(len(X)), surprise, clear, expected).genuine
        stack = self._stack
        reservoir = Reservoir(X[keep], stack.base)
        live = [reservoir.calibrate(d.adapter, d.detector, shift=d.shift) for d in stack.detectors]
        self._stack = ScoringStack(stack.base, reservoir.base_tails, tuple(live), stack.base_shift)
        for name, detector in zip(self._standing(), live, strict=True):
            self.episodes[name].live = detector
        chosen = choose_risk_share(
            self._stack.surprises(reservoir.X),
            self._stack.shifts,
            self._boosts(recent.where(keep)),
            left_by_blocks(self._history.budget, self._cost_of_blocks()),
        )
        self._risk_share, self._threshold = chosen.share, chosen.threshold

    def _adapt(self, adapter: Adapter, name: str, now: float) -> None:
        """Judge the detector of an episode beside all others; what the gate refuses changes nothing."""
        episode = self.episodes[name]
        frauds = joined(episode.frauds)
        if not len(frauds):
            return
        others = [n for n in self._standing() if n != name]
        verdict = self._judged(adapter, episode, frauds, others)
        episode.reasons = verdict.reasons
        if verdict.passed:
            episode.live = verdict.live
            episode.live_at = episode.live_at or now
            self._threshold = verdict.threshold
            self._stack = self._stack.replaced(
                [live for n in self._standing() if (live := self.episodes[n].live) is not None]
            )

    def _judged(
        self, adapter: Adapter, episode: ReplayedEpisode, frauds: TrafficRows, others: list[str]
    ) -> Verdict:
        apart = self._unknown(self._apart(frauds))
        X, surprise = self._recent(apart)
        rows = sort_alerts(np.arange(len(X)), surprise, self._threshold, self._history.budget)
        clear = rows.suspect[surprise[rows.suspect] > self._threshold + CLEARLY]
        reservoir = Reservoir(X[rows.genuine], self._stack.base, self._stack.base_tails)
        reservoir.risk = self._risk_share * self._boosts(apart.where(rows.genuine))
        beside = [live for name in others if (live := self.episodes[name].live) is not None]
        rejected = [self._live(part) for part in episode.rejected if len(part)]
        negatives = np.concatenate(rejected) if rejected else np.zeros((0, 0), np.float32)
        sets = {"past fraud": self._past, "unjudged alerts": X[clear]}
        sets |= {name: self._live(joined(self.episodes[name].frauds)) for name in others}
        found = [part for part in self._found if len(part)]
        if found:
            sets["base"] = self._live(joined(found))[-PAST_ROWS:]
        return judge(
            self._stack.replaced(beside), adapter, Support(self._live(frauds), negatives),
            reservoir.X[:BACKGROUND], reservoir, sets, seed=self._history.seed,
            limits=Limits(budget=self._history.budget),
        )  # fmt: skip

    def _apart(self, frauds: TrafficRows) -> TrafficRows:
        """Recent traffic that hardly holds the pattern: of other entities, from before its first fraud."""
        recent = self._history.recent.rows()
        other = np.ones(len(recent), bool)
        for entity in range(recent.keys.shape[1]):
            for key in np.unique(frauds.keys[:, entity]):
                here = recent.keys[:, entity] == key
                other &= ~here | (here.mean() > COMMON)
        before = other & (recent.seconds < frauds.seconds.min())
        return recent.where(before if before.sum() >= FEWEST_ROWS else other)

    def _unknown(self, rows: TrafficRows) -> TrafficRows:
        """Those that are not known as fraud."""
        return rows.where(~np.isin(rows.row, self._frauds))

    def _recent(self, rows: TrafficRows) -> tuple[Floats, Doubles]:
        """Features of rows, and their surprise under all that is in force."""
        X = self._live(rows)
        return X, self._stack.score(X)[0]

    def _cost_of_blocks(self) -> float:
        return 0.0 if self._rules is None else self._rules.cost(self._history.recent.rows())

    def _boosts(self, rows: TrafficRows) -> Doubles:
        """Surprise that confirmed frauds of cards add in full (n,)."""
        return np.zeros(len(rows)) if self._rules is None else self._rules.boosts(rows)

    def _live(self, rows: TrafficRows) -> Floats:
        return np.ascontiguousarray(rows.X[:, : self._history.live])
