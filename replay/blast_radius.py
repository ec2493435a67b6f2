"""Blast radius: what a rule would have matched in past traffic, by the program that decides live."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from features.byte_strings import ByteStrings
from features.hashing import hash_strings
from meta.intervals import wilson
from replay.rule_trial import RuleTrial
from replay.truth import FRAUD, GENUINE
from rules.actions import Action
from rules.definition import RULE_PREFIX
from rules.evaluation import NamedList, Rows, matches
from rules.gates import close_gates

DAY_S: Final = 86_400.0
EXAMPLES: Final = 10
_SHORTEST_DAYS: Final = 1 / 24
_NO_SCORE: Final = (RULE_PREFIX, "block")  # what holds a transaction in place of its score
_APPROVED: Final = 0  # as `contracts.decision.Decision`


@dataclass(frozen=True)
class PastRows:
    """n stored transactions of one partition.

    Attributes:
        rows: As rules see them.
        cards: n keys of the primary entity; read only where a rule is live for a part of the cards.
        partition: Partition of the input topic.
        offset: Offsets in the input topic, int64 (n,).
        decision: 0 approve, 1 review, 2 decline, int8 (n,).
        winner: Scorer or rule that decided, n of them.
        truth: FRAUD, GENUINE or UNKNOWN by the last verdict, int8 (n,).
    """

    rows: Rows
    cards: ByteStrings | None
    partition: int
    offset: npt.NDArray[np.int64]
    decision: npt.NDArray[np.int8]
    winner: Sequence[str | None]
    truth: npt.NDArray[np.int8]


@dataclass(frozen=True)
class RadiusDay:
    """One day of event time, UTC.

    Attributes:
        at: Begin of the day, seconds since 1970.
        transactions: Transactions that were looked at.
        alerts: Those of them that were held.
        matches: Those that the rule matches.
        added: Alerts that the rule adds.
        fraud: Matches whose last verdict is fraud.
    """

    at: float
    transactions: int = 0
    alerts: int = 0
    matches: int = 0
    added: int = 0
    fraud: int = 0


@dataclass(frozen=True)
class Overlap:
    """Transactions that another rule, or the scorers, hold too.

    Attributes:
        name: `rule/ID`, the id of a detector, `base`, or another name of what decided.
        total: Transactions that it matched or held.
        both: Those of them that the rule matches.
    """

    name: str
    total: int
    both: int


@dataclass(frozen=True)
class Example:
    """A stored transaction: where it is, and why it is shown.

    Attributes:
        partition: Partition of the input topic.
        offset: Offset in the input topic.
        event_time: Seconds since 1970.
        why: In words; empty for a match.
    """

    partition: int
    offset: int
    event_time: float
    why: str = ""


@dataclass(frozen=True)
class BlastRadius:
    """What a rule would have done. All counts are over the transactions that were looked at.

    Attributes:
        since: Event time of the first transaction that was looked at, seconds since 1970.
        until: Event time of the last one.
        days: Days between them, at least an hour.
        transactions: Transactions that were looked at.
        left_out: Stored transactions with other features, which were not looked at.
        limited: Why older transactions were not looked at; empty where all were.
        alerts: Transactions that were held when they were scored.
        matches: Transactions that the rule matches.
        matches_a_day: The same, a day.
        amount: Sum of the amounts of the matches, in units of their currencies.
        added: Alerts that the rule adds: matches that were approved, of a rule of review or decline; of one
            that raises the surprise, those that it lifts over the threshold.
        added_a_day: The same, a day.
        removed: Alerts that the rule takes away: matches that were held, of a rule of approve; of one that
            lowers the surprise, those that the score held and that it takes to the threshold or below.
        known_fraud: Transactions whose last verdict is fraud.
        known_fraud_amount: Sum of their amounts.
        fraud: Those of them that the rule matches.
        fraud_amount: Sum of their amounts.
        new_fraud: Those of `fraud` that were approved when they were scored.
        new_fraud_amount: Sum of their amounts.
        genuine: Matches whose last verdict is genuine.
        precision: Share of fraud among the judged matches; None where none is judged.
        precision_low: Lower bound of the 95% interval of Wilson.
        precision_high: Upper bound.
        alone: Matches that were approved, and that no other rule matches.
        overlaps: What held or matches the same, by `both`, largest first.
        not_compared: Why a rule in force was not compared, by its name.
        budget_a_day: Alerts a day that the budget allows.
        alerts_a_day: Alerts a day as they were.
        alerts_a_day_with: Alerts a day with the rule.
        by_day: All days from the first to the last.
        examples: The newest matches, newest first.
        counter_examples: Transactions that the rule just misses: known fraud first, then the newest.
    """

    since: float
    until: float
    days: float
    transactions: int
    left_out: int
    limited: str
    alerts: int
    matches: int
    matches_a_day: float
    amount: float
    added: int
    added_a_day: float
    removed: int
    known_fraud: int
    known_fraud_amount: float
    fraud: int
    fraud_amount: float
    new_fraud: int
    new_fraud_amount: float
    genuine: int
    precision: float | None
    precision_low: float
    precision_high: float
    alone: int
    overlaps: list[Overlap]
    not_compared: dict[str, str]
    budget_a_day: float
    alerts_a_day: float
    alerts_a_day_with: float
    by_day: list[RadiusDay]
    examples: list[Example]
    counter_examples: list[Example]


Days = dict[int, npt.NDArray[np.int64]]
Ranked = tuple[int, float, int, int, str]  # fraud first, event time, partition, offset, why


@dataclass
class Tally:
    """Counts so far; those of several processes add up.

    Attributes:
        first: Lowest event time.
        last: Highest event time.
        left_out: As in `BlastRadius`.
        days: transactions, alerts, matches, added, fraud (5,) by number of the day.
        sums: Other counts and amounts by name.
        held: Transactions by what held them: all, and those that the rule matches.
        ruled: Matches of each rule in force: all, and those that the rule matches too, int64 (rules, 2).
        examples: Newest matches.
        counter_examples: Best counter-examples.
    """

    first: float = np.inf
    last: float = -np.inf
    left_out: int = 0
    days: Days = field(default_factory=dict)
    sums: Counter[str] = field(default_factory=Counter)
    held: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    ruled: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    examples: list[Ranked] = field(default_factory=list)
    counter_examples: list[Ranked] = field(default_factory=list)

    def merge(self, other: Tally) -> None:
        """Add the counts of another process."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.left_out += other.left_out
        for at, counts in other.days.items():
            self.days[at] = self.days.get(at, 0) + counts
        self.sums.update(other.sums)
        for name, pair in other.held.items():
            self.held[name] = self.held.get(name, 0) + pair
        self.ruled = other.ruled if not len(self.ruled) else self.ruled + other.ruled
        self.examples = heapq.nlargest(EXAMPLES, self.examples + other.examples)
        self.counter_examples = heapq.nlargest(EXAMPLES, self.counter_examples + other.counter_examples)


def count(trial: RuleTrial, past: PastRows, lists: Mapping[str, NamedList]) -> Tally:
    """Evaluate a rule and the rules in force on stored transactions.

    Args:
        trial: The rule and those that it is compared with, compiled together.
        past: n transactions, at least one.
        lists: Lists in force, by name.
    """
    parts, ruled = _evaluated(trial, past, lists)
    own, held, rows = ruled[0].view(bool), past.decision != _APPROVED, past.rows
    added, removed = _changed(trial, past, own, held)
    fraud = past.truth == FRAUD
    tally = Tally(float(rows.time.min()), float(rows.time.max()))
    tally.days = _by_day(rows.time, held, own, added, own & fraud)
    tally.ruled = np.array(
        [(int(one.sum()), int((one.view(bool) & own).sum())) for one in ruled[1:]], np.int64
    )
    tally.ruled = tally.ruled.reshape(-1, 2)
    alone = own & ~held & ~ruled[1:].any(axis=0)
    tally.sums.update(_sums(past, own, held, fraud, alone, removed))
    for at in np.flatnonzero(held).tolist():
        pair = tally.held.setdefault(past.winner[at] or "base", np.zeros(2, np.int64))
        pair += (1, own[at])
    tally.examples = _newest(past, own, np.zeros_like(own), lambda _: "")
    tally.counter_examples = _near(trial, past, parts, own, fraud)
    return tally


def _evaluated(
    trial: RuleTrial, past: PastRows, lists: Mapping[str, NamedList]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return which parts of the condition are true, and which rules match, the one on trial first."""
    truths = matches(trial.program, past.rows, lists)
    parts, ruled = truths[: len(trial.parts)], truths[len(trial.parts) :]
    gates, n = trial.gates, len(past.rows)
    hashes = np.zeros(n, np.uint64) if past.cards is None else hash_strings(past.cards)
    first = np.full(n, -1, np.int32)
    close_gates(ruled, gates.start, gates.end, gates.below, gates.salt, past.rows.time, hashes, 0, first)
    return parts, ruled


def _changed(
    trial: RuleTrial, past: PastRows, own: npt.NDArray[np.bool_], held: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return the alerts that the rule adds, and those that it takes away."""
    none, over = np.zeros_like(own), past.rows.surprise > trial.threshold
    over_then = past.rows.surprise + trial.shift > trial.threshold
    match trial.action:
        case Action.REVIEW | Action.DECLINE:
            return own & ~held, none
        case Action.APPROVE:
            return none, own & held
        case Action.RAISE:
            return own & ~held & ~over & over_then, none
        case Action.LOWER:
            down = own & held & over & ~over_then
            rows = np.flatnonzero(down)
            down[rows] = [not (past.winner[at] or "").startswith(_NO_SCORE) for at in rows.tolist()]
            return none, down
    return none, none


def _sums(
    past: PastRows,
    own: npt.NDArray[np.bool_],
    held: npt.NDArray[np.bool_],
    fraud: npt.NDArray[np.bool_],
    alone: npt.NDArray[np.bool_],
    removed: npt.NDArray[np.bool_],
) -> dict[str, float]:
    amount = past.rows.amount
    chosen = {"known_fraud": fraud, "fraud": own & fraud, "new_fraud": own & fraud & ~held}
    return {
        "amount": float(amount[own].sum()),
        "removed": int(removed.sum()),
        "genuine": int((own & (past.truth == GENUINE)).sum()),
        "alone": int(alone.sum()),
        **{name: int(rows.sum()) for name, rows in chosen.items()},
        **{f"{name}_amount": float(amount[rows].sum()) for name, rows in chosen.items()},
    }


def _by_day(time: npt.NDArray[np.float64], *chosen: npt.NDArray[np.bool_]) -> Days:
    numbers = np.floor(time / DAY_S).astype(np.int64)
    low, high = int(numbers.min()), int(numbers.max())
    counts = [np.bincount(numbers - low, minlength=high - low + 1)]
    counts += [np.bincount(numbers[rows] - low, minlength=high - low + 1) for rows in chosen]
    return {low + at: one for at, one in enumerate(np.array(counts, np.int64).T) if one[0]}


def _near(
    trial: RuleTrial,
    past: PastRows,
    parts: npt.NDArray[np.uint8],
    own: npt.NDArray[np.bool_],
    fraud: npt.NDArray[np.bool_],
) -> list[Ranked]:
    """Return transactions of which all parts of the condition but one are true; else fraud that it misses."""
    if not len(parts):
        return _newest(past, fraud & ~own, fraud, lambda _: "known fraud that it does not match")
    near, failing = parts.sum(axis=0) == len(parts) - 1, parts.argmin(axis=0)
    return _newest(past, near & ~own, fraud, lambda at: f"all is true but: {trial.parts[failing[at]]}")


def _newest(
    past: PastRows,
    chosen: npt.NDArray[np.bool_],
    before: npt.NDArray[np.bool_],
    why: Callable[[int], str],
) -> list[Ranked]:
    """Return the newest of the chosen rows; those of `before` come before all others."""
    rows, time = np.flatnonzero(chosen), past.rows.time
    rows = rows[np.lexsort((time[rows], before[rows]))[-EXAMPLES:]]
    return [
        (int(before[at]), float(time[at]), past.partition, int(past.offset[at]), why(at))
        for at in rows.tolist()
    ]


def radius_of(
    trial: RuleTrial, tally: Tally, budget: float, budget_a_day: float, limited: str
) -> BlastRadius:
    """Return the result of all counts.

    Args:
        trial: The rule.
        tally: Its counts.
        budget: Share of transactions that may be alerted.
        budget_a_day: Alerts a day that may be raised instead; 0 where the share counts.
        limited: Why older transactions were not looked at; empty where all were.
    """
    days = max((tally.last - tally.first) / DAY_S, _SHORTEST_DAYS) if tally.days else _SHORTEST_DAYS
    sums, by_day = tally.sums, _days_of(tally)
    rows, alerts = sum(one.transactions for one in by_day), sum(one.alerts for one in by_day)
    matched, added = sum(one.matches for one in by_day), sum(one.added for one in by_day)
    removed = int(sums["removed"])
    fraud, genuine = int(sums["fraud"]), int(sums["genuine"])
    judged = fraud + genuine
    low, high = wilson(fraud, judged)
    return BlastRadius(
        since=tally.first if by_day else 0.0,
        until=tally.last if by_day else 0.0,
        days=days,
        transactions=rows,
        left_out=tally.left_out,
        limited=limited,
        alerts=alerts,
        matches=matched,
        matches_a_day=matched / days,
        amount=sums["amount"],
        added=added,
        added_a_day=added / days,
        removed=removed,
        known_fraud=int(sums["known_fraud"]),
        known_fraud_amount=sums["known_fraud_amount"],
        fraud=fraud,
        fraud_amount=sums["fraud_amount"],
        new_fraud=int(sums["new_fraud"]),
        new_fraud_amount=sums["new_fraud_amount"],
        genuine=genuine,
        precision=fraud / judged if judged else None,
        precision_low=low,
        precision_high=high,
        alone=int(sums["alone"]),
        overlaps=_overlaps(trial, tally),
        not_compared=dict(trial.not_compared),
        budget_a_day=budget_a_day or budget * rows / days,
        alerts_a_day=alerts / days,
        alerts_a_day_with=(alerts + added - removed) / days,
        by_day=by_day,
        examples=_shown(tally.examples),
        counter_examples=_shown(tally.counter_examples),
    )


def _days_of(tally: Tally) -> list[RadiusDay]:
    if not tally.days:
        return []
    every = range(min(tally.days), max(tally.days) + 1)
    none = np.zeros(5, np.int64)
    return [RadiusDay(at * DAY_S, *tally.days.get(at, none).tolist()) for at in every]


def _overlaps(trial: RuleTrial, tally: Tally) -> list[Overlap]:
    held = [Overlap(name, *pair.tolist()) for name, pair in tally.held.items()]
    pairs = tally.ruled.tolist() or [[0, 0]] * len(trial.others)
    ruled = [Overlap(rule.name, *pair) for rule, pair in zip(trial.others, pairs, strict=True)]
    names = {one.name for one in ruled}
    found = [*ruled, *(one for one in held if one.name not in names)]
    return sorted(found, key=lambda one: (-one.both, -one.total, one.name))


def _shown(ranked: Sequence[Ranked]) -> list[Example]:
    return [
        Example(partition, offset, time, why)
        for _, time, partition, offset, why in sorted(ranked, reverse=True)
    ]
