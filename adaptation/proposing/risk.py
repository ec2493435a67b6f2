"""What confirmed frauds say of the entities that they share: which kind is compromised, and what to do.

A card with a confirmed fraud is suspected more, softly. A terminal, device or other entity is blocked for a
time from the second card on that it was seen with, unless so many genuine transactions pass there that
blocking it costs more than the whole budget; verdicts that its alerts are genuine lift the block. Which kind
the flags share is said in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from contracts.standing_policy import DAY_S, StandingPolicy
from control.change import Change
from control.entry import Kind
from control.rules import RULES, Effect, Rule, RuleTable, faded, rules_to_bytes
from meta.entity_risk import affordable, doubted, genuine_traffic, is_suspect
from storage.scored_transactions import ScoredTransaction

ShareOf = Callable[[str, str], float]


@dataclass(frozen=True)
class RecentShares:
    """Recent traffic: the share that an entity has of it, 0 to 1, and transactions a day, if known."""

    share_of: ShareOf
    per_day: float | None = None

    def genuine(self, entity: str, key: str, counted: Sequence[Rule]) -> float:
        """Share of traffic that is genuine and passes an entity with confirmed frauds, as expected.

        All that passes where the traffic of a day is not known yet.
        """
        share = self.share_of(entity, key)
        if self.per_day is None or not counted:
            return share
        times = [rule.as_of for rule in counted]
        days = (max(times) - min(times)) / DAY_S
        frauds = sum(max(rule.count, 0.0) for rule in counted)
        return genuine_traffic(share, self.per_day, frauds, days)


@dataclass(frozen=True)
class Suspect:
    """An entity other than the primary one, seen with frauds of several cards."""

    entity: str
    key: str
    cards: float
    share: float
    """Of recent traffic, the genuine part that is expected here."""
    last: float
    """Event time of its last flagged transaction."""
    affordable: bool = False
    """Whether blocking it, and those before it, stays within the budget."""


@dataclass(frozen=True)
class Risk:
    """Rules that follow from confirmed frauds, and what to tell of them."""

    rules: tuple[Rule, ...]
    message: str


def cost_of_blocks(known: RuleTable, recent: RecentShares, time: float) -> float:
    """Share of traffic that is genuine and expected to meet what risk blocks at an event time, 0 to 1."""
    return _cost(known.blocked(time, by_risk=True), known, recent)


def _cost(blocked: Iterable[tuple[str, str]], known: RuleTable, recent: RecentShares) -> float:
    return sum(
        recent.genuine(*one, [placed.rule for placed in known.watched.get(one, ())])
        for one in sorted(blocked)
    )


def risk_of(
    rows: Sequence[ScoredTransaction],
    known: RuleTable,
    recent: RecentShares,
    *,
    budget: float,
    terms: StandingPolicy,
    may_block: bool,
    count: float = 1.0,
    of_one_pattern: bool = True,
    own: str = "",
) -> Risk:
    """Rules for the entities of `rows`, confirmed frauds; the first entity of each is the primary one.

    With a `count` of -1 each row takes back what it counted when it was called fraud. Of one pattern, half
    the cards must have been where the pattern is said to come from; two of five in one large shop are chance.
    `own` is the id of the entry that these rules replace: what it counted is not counted again.
    """
    if not rows:
        return Risk((), "")
    primary = next(iter(rows[0].entities))
    others = [kind for kind in rows[0].entities if kind != primary]
    watched = [
        _counted(Effect.WATCH, kind, key, rows, terms, count) for kind in others for key in _keys(rows, kind)
    ]
    least = len(_keys(rows, primary)) / 2 if of_one_pattern else 0.0
    suspects = [s for rule in watched if (s := _suspect(rule, known, recent, own)) and s.cards >= least]
    suspects = suspects if count > 0 else []
    standing = known.blocked(max(row.event_time for row in rows), apart_from=f"{Kind.RISK}/{own}")
    taken = _cost(standing - {(s.entity, s.key) for s in suspects}, known, recent)
    suspects = _affordable(suspects, max(budget - taken, 0.0))
    blocked = [s for s in suspects if s.affordable] if may_block else []
    blocks = [
        Rule(s.entity, s.key, Effect.BLOCK, s.cards, s.last, until=s.last + terms.block_days * DAY_S)
        for s in blocked
    ]
    # What a block explains says nothing of the card; cards that were at a blocked terminal are a quarter of
    # Handbook's, and watching them all took the budget of everything else.
    explained = standing | {(s.entity, s.key) for s in blocked} if count > 0 else set()
    of_cards = [row for row in rows if explained.isdisjoint(row.entities.items())]
    boosts = [
        _counted(Effect.BOOST, primary, key, of_cards, terms, count) for key in _keys(of_cards, primary)
    ]
    return Risk((*boosts, *watched, *blocks), _words(primary, len(boosts), suspects, may_block=may_block))


def lifted_by(
    rows: Sequence[ScoredTransaction], known: RuleTable, terms: StandingPolicy, *, own: str = ""
) -> Risk:
    """Rules for the blocked entities of `rows`, transactions found genuine: each halves what is held against
    its entity, and a block ends where too little is left.
    """
    rules, lifted = [], []
    newest = max((row.event_time for row in rows), default=0.0)
    for entity, key in sorted(known.blocked(newest, apart_from=f"{Kind.RISK}/{own}", by_risk=True)):
        here = [row.event_time for row in rows if row.entities.get(entity) == key]
        if not here:
            continue
        now, counted = max(here), _counted_before(known, entity, key, own)
        cards = sum(faded(one, now) for one in counted)
        left = doubted(cards, len(here))
        rules.append(Rule(entity, key, Effect.WATCH, left - cards, now, terms.risk_half_life_days * DAY_S))
        if not is_suspect(left):
            rules.append(Rule(entity, key, Effect.BLOCK, left, now, until=now))
            lifted.append(f"{entity} {key} is no longer blocked")
    return Risk(tuple(rules), "; ".join(lifted))


def risk_change(risk: Risk, identity: str, author: str, reason: str, episode: str = "") -> Change:
    """The rules as an entry of the control log."""
    values = {"episode": episode} if episode else {}
    return Change(Kind.RISK, identity, author, reason, {RULES: rules_to_bytes(risk.rules)}, values)


def _keys(rows: Sequence[ScoredTransaction], kind: str) -> list[str]:
    return list(dict.fromkeys(row.entities[kind] for row in rows if row.entities.get(kind)))


def _counted(
    effect: Effect,
    kind: str,
    key: str,
    rows: Sequence[ScoredTransaction],
    terms: StandingPolicy,
    count: float,
) -> Rule:
    """One rule for an entity: a card counts each fraud, any other entity each card."""
    here = [row for row in rows if row.entities.get(kind) == key]
    cards = {next(iter(row.entities.values())) for row in here}
    number = len(here) if effect is Effect.BOOST else len(cards)
    last = max(row.event_time for row in here)
    return Rule(kind, key, effect, count * number, last, terms.risk_half_life_days * DAY_S)


def _suspect(rule: Rule, known: RuleTable, recent: RecentShares, own: str) -> Suspect | None:
    others = _counted_before(known, rule.entity, rule.key, own)
    cards = rule.count + sum(faded(one, rule.as_of) for one in others)
    if not is_suspect(cards):
        return None
    genuine = recent.genuine(rule.entity, rule.key, [*others, rule])
    return Suspect(rule.entity, rule.key, cards, genuine, rule.as_of)


def _counted_before(known: RuleTable, entity: str, key: str, own: str) -> list[Rule]:
    before = known.watched.get((entity, key), ())
    return [placed.rule for placed in before if placed.source != f"{Kind.RISK}/{own}"]


def _affordable(suspects: Sequence[Suspect], budget: float) -> list[Suspect]:
    """The same, most cards first, with what can be blocked within the budget, all together."""
    ordered = sorted(suspects, key=lambda s: (-s.cards, s.share, s.entity, s.key))
    fits = affordable([one.share for one in ordered], budget)
    return [replace(one, affordable=fit) for one, fit in zip(ordered, fits, strict=True)]


def _words(primary: str, cards: int, suspects: Sequence[Suspect], *, may_block: bool) -> str:
    said = f"{cards or 'no'} {primary}{'' if cards == 1 else 's'} watched more closely"
    if not suspects:
        return f"the flags share no entity but the {primary}: {said}"
    parts = [f"the flags share a {suspects[0].entity}, which may be what is compromised"]
    for suspect in suspects:
        where = f"{suspect.entity} {suspect.key}"
        if not suspect.affordable:
            parts.append(
                f"{where} is not blocked, {suspect.share:.2%} of traffic is genuine and passes there"
            )
        elif may_block:
            parts.append(f"{where} is blocked")
        else:
            parts.append(f"{where} is blocked once this is approved")
    return "; ".join([*parts, said])
