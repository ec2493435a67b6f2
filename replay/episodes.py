"""The base with episodes, detectors and rules of entities, by the live procedure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from meta.adapters.protocol import Adapter
from meta.arrays import Doubles, Floats
from meta.base import BaseModel
from meta.calibration import CEILING, Tails
from meta.episode import BASE as OF_BASE
from meta.episode import KNOWN_ROWS, EpisodeVerdict, TooLittleTraffic, choose_rows, known_fraud, propose
from meta.live import LiveDetector
from meta.recalibration import recalibrate
from meta.reservoir import Reservoir
from meta.scored_traffic import ScoredTraffic, spread_order
from meta.stack import BASE, ScoringStack
from meta.stakes import Frauds, Stakes
from meta.steering_inputs import RecentScores
from meta.support import Support
from replay.desk import News
from replay.entity_rules import EntityRules
from replay.shift_contender import DeskHistory
from replay.steering import ReplaySteering
from replay.survey import DAY_S
from replay.traces import traces_of
from replay.traffic import TrafficRows, joined


@dataclass
class ReplayedEpisode:
    """An episode of one pattern, and what the gate made of it.

    Attributes:
        flagged_at: Event time of the first flag, seconds since 1970.
        frauds: Flagged and confirmed frauds.
        rejected: Alerts of its detector that were found genuine.
        live: Its detector, once the gate let one pass.
        live_at: Event time at which the first detector went live, seconds since 1970.
        reasons: What kept the newest detector a draft; empty where it went live.
    """

    flagged_at: float
    frauds: list[TrafficRows] = field(default_factory=list)
    rejected: list[TrafficRows] = field(default_factory=list)
    live: LiveDetector | None = None
    live_at: float | None = None
    reasons: tuple[str, ...] = ()


class BaseWithEpisodes:
    """A contender that works like the live product; it is recalibrated after every shift.

    Args:
        base: The base.
        past: Fraud of the training period, raw features float32 (m, d).
        adapter: Makes detectors; without it flags make none.
        rules: Rules of entities; without it confirmed frauds raise and block nothing.
        history: What all contenders begin with.
    """

    steered: Doubles | float
    _rows: TrafficRows  # recent traffic in `spread_order`
    _traffic: ScoredTraffic  # the same rows, scored

    def __init__(
        self,
        base: BaseModel,
        past: Floats,
        adapter: Adapter | None,
        rules: EntityRules | None,
        history: DeskHistory,
    ) -> None:
        self._history, self._adapter, self._rules, self._past = history, adapter, rules, past
        genuine = history.rows.where(~history.rows.fraud)
        self._stack = ScoringStack(base, Tails.fit(base.score(self._live(genuine))))
        self._threshold, self._risk_share, self.steered = history.threshold, 1.0, 0.0
        self._steering = ReplaySteering(history.budget, history.threshold) if history.steer else None
        self._frauds = np.empty(0, np.int64)  # numbers of rows that are known as fraud
        self._found: list[TrafficRows] = []  # confirmed alerts of the base
        self._winner = np.empty(0, np.int32)
        self.episodes: dict[str, ReplayedEpisode] = {}
        self._look_at_traffic()
        self._recalibrate()
        self._steer_on(())

    def margin(self, shift: TrafficRows) -> Doubles:
        """As ShiftContender; blocked rows are above all others."""
        surprise, self._winner = self._stack.score(self._live(shift))
        if self._rules is not None:
            surprise = np.minimum(surprise + self._risk_share * self._rules.boosts(shift), CEILING)
            surprise = surprise + CEILING * self._rules.blocked(shift)
        if self._steering is not None:
            self._steering.threshold = self._threshold
            steps = self._steering.thresholds(shift.seconds, surprise, shift.row, shift.card)
            self.steered = steps - self._threshold
        return np.asarray(surprise - self._threshold - self.steered)

    def learn(self, news: News) -> None:
        """Learn from the shift that was scored last.

        1. Note which rows are fraud.  2. Make rules of entities.  3. Fit tails and threshold.  4. Adapt to
        the episodes that have grown.  5. Give all of it to the steering.
        """
        fresh = self._note_frauds(news)
        self._look_at_traffic()
        if self._rules is not None:
            self._confirm(self._rules, news, fresh)
            self._traffic = self._scored(self._traffic.reservoir, self._traffic.columns)
        self._recalibrate()
        if self._adapter is not None:
            for name in self._grown(news):
                self._adapt(self._adapter, name, news.now)
        self._steer_on([news.judged(), *([] if news.matured is None else [news.matured])])

    def _steer_on(self, verdicts: Sequence[TrafficRows]) -> None:
        """Give verdicts and recent traffic to the steering, under the stack that scores from now on."""
        if self._steering is None:
            return
        for rows in verdicts:
            self._steering.judge(rows.row, rows.fraud)
        seconds, per_day = self._rows.seconds, self._history.recent.per_day
        scale = (per_day or 0.0) * float(np.ptp(seconds)) / DAY_S / len(seconds)
        self._steering.look_at(RecentScores(self._traffic.raised, seconds, max(scale, 1.0)), refitted=True)

    def _note_frauds(self, news: News) -> TrafficRows:
        """Return the rows that are known as fraud since this shift."""
        matured = [] if news.matured is None else [news.matured]
        fresh = joined([news.judged(), *matured])
        fresh = fresh.where(fresh.fraud & ~np.isin(fresh.row, self._frauds))
        fresh = fresh.where(np.unique(fresh.row, return_index=True)[1])
        self._frauds = np.concatenate([self._frauds, fresh.row])
        return fresh

    def _look_at_traffic(self) -> None:
        """Draw recent traffic without known frauds, and score it."""
        recent = self._history.recent.rows()
        recent = recent.where(~np.isin(recent.row, self._frauds))
        self._rows = recent.where(spread_order(len(recent)))
        self._traffic = self._scored(
            Reservoir(self._live(self._rows), self._stack.base, self._stack.base_tails)
        )

    def _scored(self, reservoir: Reservoir, known: Mapping[str, Doubles] | None = None) -> ScoredTraffic:
        boosts = self._rules.boosts_now(self._rows) if self._rules is not None else None
        if self._adapter is not None:
            reservoir.prepare(self._adapter)
        return ScoredTraffic.of(
            reservoir, self._stack, boosts=boosts, risk_share=self._risk_share, known=known
        )

    def _confirm(self, rules: EntityRules, news: News, fresh: TrafficRows) -> None:
        per_day, flagged = self._history.recent.per_day, news.shift.where(news.flagged)
        for family in np.unique(flagged.family).tolist():
            rules.confirm(flagged.where(flagged.family == family), self._rows, per_day, of_one_pattern=True)
        others = fresh.where(~np.isin(fresh.row, flagged.row))
        if len(others):
            rules.confirm(others, self._rows, per_day, of_one_pattern=False)
        judged = news.judged()
        rules.clear(judged.where(~judged.fraud))

    def _grown(self, news: News) -> list[str]:
        """Add flags to the episode of their pattern, and judged alerts to the episode of their detector."""
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
        self._found = [*self._found, own.where(own.fraud)][-KNOWN_ROWS:]
        return list(dict.fromkeys(grown))

    def _standing(self) -> list[str]:
        """Return the episodes whose detectors score, in the order of the stack."""
        return [name for name, episode in self.episodes.items() if episode.live is not None]

    def _recalibrate(self) -> None:
        """Fit all tails and the joint threshold; with too little traffic they stay as they are."""
        cost = 0.0
        if self._rules is not None:
            cost = self._rules.cost(self._rows, self._history.recent.per_day)
        budget = self._history.budget
        try:
            found = recalibrate(self._traffic, threshold=self._threshold, budget=budget, cost_of_blocks=cost)
        except TooLittleTraffic:
            return
        for name, live in zip(self._standing(), found.detectors, strict=True):
            self.episodes[name].live = live
        self._stack = ScoringStack(
            self._stack.base, found.base_tails, found.detectors, self._stack.base_shift
        )
        self._threshold, self._risk_share = found.threshold, found.risk_share
        self._traffic = self._scored(Reservoir(self._traffic.reservoir.X, self._stack.base, found.base_tails))

    def _adapt(self, adapter: Adapter, name: str, now: float) -> None:
        """Judge the detector of an episode beside all others; a refused detector changes nothing."""
        episode = self.episodes[name]
        frauds = joined(episode.frauds)
        if not len(frauds):
            return
        try:
            found = self._proposed(adapter, name, frauds)
        except TooLittleTraffic as lack:
            episode.reasons = (str(lack),)
            return
        episode.reasons = found.verdict.reasons
        if found.verdict.passed:
            episode.live = found.verdict.live
            episode.live_at = episode.live_at or now
            self._threshold, self._risk_share = found.verdict.threshold, found.risk_share
            standing = [self.episodes[one].live for one in self._standing()]
            self._stack = self._stack.replaced([live for live in standing if live is not None])
            self._traffic = self._scored(self._traffic.reservoir, self._traffic.columns)

    def _proposed(self, adapter: Adapter, name: str, frauds: TrafficRows) -> EpisodeVerdict:
        rejected = [part for part in self.episodes[name].rejected if len(part)]
        genuine = self._live(joined(rejected)) if rejected else np.zeros((0, 0), np.float32)
        traces = traces_of(self._rows, frauds, np.concatenate([part.row for part in [frauds, *rejected]]))
        standing = self._standing()
        found = [part for part in self._found if len(part)]
        return propose(
            self._traffic,
            adapter,
            Support(self._live(frauds), genuine),
            choose_rows(self._rows.seconds, traces),
            known_fraud(
                self._live(joined(found))[-KNOWN_ROWS:] if found else self._past[:0],
                self._past,
                {one: self._live(joined(self.episodes[one].frauds)) for one in standing},
            ),
            threshold=self._threshold,
            budget=self._history.budget,
            seed=self._history.seed,
            beside=[place for place, one in enumerate(standing) if one != name],
            stakes=Stakes.of(
                Frauds(frauds.seconds, frauds.amount),
                self._rows.seconds,
                traces.own,
                per_day=self._history.recent.per_day,
                known=self._known(standing, found),
            ),
        )

    def _known(self, standing: list[str], found: list[TrafficRows]) -> dict[str, Frauds]:
        """Return times and amounts of known frauds by name of the set."""
        sets = {OF_BASE: found, **{one: self.episodes[one].frauds for one in standing}}
        rows = {name: joined(parts) for name, parts in sets.items() if parts}
        newest = {name: part.where(np.arange(len(part))[-KNOWN_ROWS:]) for name, part in rows.items()}
        return {name: Frauds(part.seconds, part.amount) for name, part in newest.items() if len(part)}

    def _live(self, rows: TrafficRows) -> Floats:
        return np.ascontiguousarray(rows.X[:, : self._history.live])
