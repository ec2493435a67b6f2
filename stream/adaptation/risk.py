"""What confirmed frauds say of the entities that they share: which kind is compromised, and what to do.

A card with a confirmed fraud is suspected more, softly. A terminal, device or other entity is blocked for a
time from the second card on that it was seen with, unless so much traffic passes there that blocking it costs
more than the whole budget. Which kind the flags share is said in the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from meta.entity_risk import affordable, is_suspect
from storage.scored_transactions import ScoredTransaction
from stream.adaptation.terms import DAY_S, Terms
from stream.control.change import Change
from stream.control.entry import Kind
from stream.control.rules import RULES, Effect, Rule, RuleTable, faded, rules_to_bytes

ShareOf = Callable[[str, str], float]


@dataclass(frozen=True)
class Suspect:
    """An entity other than the primary one, seen with frauds of several cards."""

    entity: str
    key: str
    cards: float
    share: float
    """Of recent traffic, what passes here."""
    last: float
    """Event time of its last flagged transaction."""
    affordable: bool = False
    """Whether blocking it, and those before it, stays within the budget."""


@dataclass(frozen=True)
class Risk:
    """Rules that follow from confirmed frauds, and what to tell of them."""

    rules: tuple[Rule, ...]
    message: str


def risk_of(
    rows: Sequence[ScoredTransaction],
    known: RuleTable,
    share_of: ShareOf,
    *,
    budget: float,
    terms: Terms,
    may_block: bool,
    count: float = 1.0,
    of_one_pattern: bool = True,
    own: str = "",
) -> Risk:
    """Rules for the entities of `rows`, confirmed frauds; the first entity of each is the primary one.

    `share_of` gives the share of recent traffic that an entity has, 0 to 1. With a `count` of -1 each row
    takes back what it counted when it was called fraud. Of one pattern, half the cards must have been where
    the pattern is said to come from; two of five in one large shop are chance. `own` is the id of the entry
    that these rules replace: what it counted is not counted again.
    """
    if not rows:
        return Risk((), "")
    primary = next(iter(rows[0].entities))
    boosts = [_counted(Effect.BOOST, primary, key, rows, terms, count) for key in _keys(rows, primary)]
    others = [kind for kind in rows[0].entities if kind != primary]
    watched = [
        _counted(Effect.WATCH, kind, key, rows, terms, count) for kind in others for key in _keys(rows, kind)
    ]
    least = len(boosts) / 2 if of_one_pattern else 0.0
    suspects = [s for rule in watched if (s := _suspect(rule, known, share_of, own)) and s.cards >= least]
    suspects = suspects if count > 0 else []
    standing = known.blocked(max(row.event_time for row in rows), apart_from=f"{Kind.RISK}/{own}")
    taken = sum(share_of(*one) for one in standing - {(s.entity, s.key) for s in suspects})
    suspects = _affordable(suspects, max(budget - taken, 0.0))
    blocked = [s for s in suspects if s.affordable] if may_block else []
    blocks = [
        Rule(s.entity, s.key, Effect.BLOCK, s.cards, s.last, until=s.last + terms.block_days * DAY_S)
        for s in blocked
    ]
    return Risk((*boosts, *watched, *blocks), _words(primary, len(boosts), suspects, may_block=may_block))


def risk_change(risk: Risk, identity: str, author: str, reason: str, episode: str = "") -> Change:
    """The rules as an entry of the control log."""
    values = {"episode": episode} if episode else {}
    return Change(Kind.RISK, identity, author, reason, {RULES: rules_to_bytes(risk.rules)}, values)


def _keys(rows: Sequence[ScoredTransaction], kind: str) -> list[str]:
    return list(dict.fromkeys(row.entities[kind] for row in rows if row.entities.get(kind)))


def _counted(
    effect: Effect, kind: str, key: str, rows: Sequence[ScoredTransaction], terms: Terms, count: float
) -> Rule:
    """One rule for an entity: a card counts each fraud, any other entity each card."""
    here = [row for row in rows if row.entities.get(kind) == key]
    cards = {next(iter(row.entities.values())) for row in here}
    number = len(here) if effect is Effect.BOOST else len(cards)
    last = max(row.event_time for row in here)
    return Rule(kind, key, effect, count * number, last, terms.risk_half_life_days * DAY_S)


def _suspect(rule: Rule, known: RuleTable, share_of: ShareOf, own: str) -> Suspect | None:
    before = known.watched.get((rule.entity, rule.key), ())
    others = [placed.rule for placed in before if placed.source != f"{Kind.RISK}/{own}"]
    cards = rule.count + sum(faded(one, rule.as_of) for one in others)
    if not is_suspect(cards):
        return None
    return Suspect(rule.entity, rule.key, cards, share_of(rule.entity, rule.key), rule.as_of)


def _affordable(suspects: Sequence[Suspect], budget: float) -> list[Suspect]:
    """The same, most cards first, with what can be blocked within the budget, all together."""
    ordered = sorted(suspects, key=lambda s: (-s.cards, s.share, s.entity, s.key))
    fits = affordable([one.share for one in ordered], budget)
    return [replace(one, affordable=fit) for one, fit in zip(ordered, fits, strict=True)]


def _words(primary: str, cards: int, suspects: Sequence[Suspect], *, may_block: bool) -> str:
    said = f"{cards} {primary}{'s' if cards > 1 else ''} watched more closely"
    if not suspects:
        return f"the flags share no entity but the {primary}: {said}"
    parts = [f"the flags share a {suspects[0].entity}, which may be what is compromised"]
    for suspect in suspects:
        where = f"{suspect.entity} {suspect.key}"
        if not suspect.affordable:
            parts.append(f"{where} is not blocked, {suspect.share:.2%} of traffic passes there")
        elif may_block:
            parts.append(f"{where} is blocked")
        else:
            parts.append(f"{where} is blocked once this is approved")
    return "; ".join([*parts, said])
