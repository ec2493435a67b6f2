"""Turns what confirmed frauds reveal about entities into rules of the control log, and into words.

`meta.confirmed_frauds` decides what is watched and what is blocked; `meta.entity_counts` what lifts a block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.standing_policy import DAY_S, StandingPolicy
from control.change import Change
from control.entry import Kind
from control.rule_table import RuleTable
from control.rules import RULES, Effect, Placed, Rule, rules_to_bytes
from meta.confirmed_frauds import ConfirmedFrauds, FraudFindings, KnownRisk, Suspect, assess_frauds
from meta.entity_counts import Count, Entity, RecentShares, doubts_of
from storage.scored_transactions import ScoredTransaction


@dataclass(frozen=True)
class Risk:
    """Rules that follow from confirmed frauds, and a message to the analyst."""

    rules: tuple[Rule, ...]
    message: str


def cost_of_blocks(known: RuleTable, recent: RecentShares, time: float) -> float:
    """Return the share of traffic that is genuine and meets a block by risk at an event time, 0 to 1."""
    blocked = known.blocked(time, by_risk=True)
    return sum(share for _, share in sorted(_shares_of(blocked, known, recent).items()))


def risk_of(
    rows: Sequence[ScoredTransaction],
    known: RuleTable,
    recent: RecentShares,
    *,
    budget: float,
    terms: StandingPolicy,
    may_block: bool,
    taken_back: bool = False,
    of_one_pattern: bool = True,
    own: str = "",
) -> Risk:
    """Return rules for the entities of confirmed frauds.

    Args:
        rows: The transactions; the first entity of each is the primary one.
        known: Rules in force.
        recent: Shares of recent traffic.
        budget: Share of genuine traffic that all blocks together may meet, 0 to 1.
        terms: Half-life of counts and duration of blocks.
        may_block: Whether blocks may be made without an approval.
        taken_back: Whether the transactions turned out not to be fraud; each takes its count back.
        of_one_pattern: Whether at least half of the cards must have been at an entity that is blocked.
        own: Id of the entry that these rules replace; what it counted is not counted again.
    """
    if not rows:
        return Risk((), "")
    frauds = ConfirmedFrauds([row.entities for row in rows], [row.event_time for row in rows])
    standing = known.blocked(frauds.newest, apart_from=_entry(own))
    met = {pair for row in rows for pair in row.entities.items()}
    found = assess_frauds(
        frauds,
        KnownRisk(_counts_before(met, known, own), _shares_of(standing, known, recent)),
        recent,
        budget=budget,
        half_life_s=terms.risk_half_life_days * DAY_S,
        may_block=may_block,
        taken_back=taken_back,
        of_one_pattern=of_one_pattern,
    )
    return Risk(_rules(found, terms), _words(frauds.kinds[0], found, may_block=may_block))


def lifted_by(
    rows: Sequence[ScoredTransaction], known: RuleTable, terms: StandingPolicy, *, own: str = ""
) -> Risk:
    """Return rules for the blocked entities of transactions that were found genuine.

    Each transaction halves the count of its entity. A block ends where too little is left.

    Args:
        rows: Transactions found genuine.
        known: Rules in force.
        terms: Half-life of counts.
        own: Id of the entry that these rules replace; what it counted is not counted again.
    """
    newest = max((row.event_time for row in rows), default=0.0)
    blocked = known.blocked(newest, apart_from=_entry(own), by_risk=True)
    doubts = doubts_of(
        ((row.entities, row.event_time) for row in rows),
        blocked,
        _counts_before(blocked, known, own),
        half_life_s=terms.risk_half_life_days * DAY_S,
    )
    rules, lifted = [], []
    for doubt in doubts:
        entity, key = doubt.change.entity
        rules.append(_rule(doubt.change, Effect.WATCH))
        if doubt.lifts_block:
            now = doubt.change.as_of
            rules.append(Rule(entity, key, Effect.BLOCK, doubt.left, now, until=now))
            lifted.append(f"{entity} {key} is no longer blocked")
    return Risk(tuple(rules), "; ".join(lifted))


def risk_change(risk: Risk, identity: str, author: str, reason: str, episode: str = "") -> Change:
    """Return the rules as an entry of the control log."""
    values = {"episode": episode} if episode else {}
    return Change(Kind.RISK, identity, author, reason, {RULES: rules_to_bytes(risk.rules)}, values)


def _entry(identity: str) -> str:
    return f"{Kind.RISK}/{identity}"


def _count(placed: Placed) -> Count:
    rule = placed.rule
    return Count((rule.entity, rule.key), rule.count, rule.as_of, rule.half_life_s)


def _counts_before(
    entities: Iterable[tuple[str, str]], known: RuleTable, own: str
) -> dict[Entity, list[Count]]:
    """Return what is counted at each entity, apart from the entry `own`."""
    return {
        entity: [_count(one) for one in known.watched.get(entity, ()) if one.source != _entry(own)]
        for entity in entities
    }


def _shares_of(
    blocked: Iterable[tuple[str, str]], known: RuleTable, recent: RecentShares
) -> dict[Entity, float]:
    """Return the share of traffic that is genuine and passes each blocked entity, as expected."""
    return {
        entity: recent.genuine(entity, [_count(one) for one in known.watched.get(entity, ())])
        for entity in blocked
    }


def _rules(found: FraudFindings, terms: StandingPolicy) -> tuple[Rule, ...]:
    boosts = [_rule(count, Effect.BOOST) for count in found.boosts]
    watched = [_rule(count, Effect.WATCH) for count in found.watched]
    blocks = [_block(suspect, terms) for suspect in found.blocks]
    return (*boosts, *watched, *blocks)


def _rule(count: Count, effect: Effect) -> Rule:
    return Rule(*count.entity, effect, count.number, count.as_of, count.half_life_s)


def _block(suspect: Suspect, terms: StandingPolicy) -> Rule:
    until = suspect.last + terms.block_days * DAY_S
    return Rule(*suspect.entity, Effect.BLOCK, suspect.cards, suspect.last, until=until)


def _words(primary: str, found: FraudFindings, *, may_block: bool) -> str:
    cards, suspects = len(found.boosts), found.suspects
    said = f"{cards or 'no'} {primary}{'' if cards == 1 else 's'} watched more closely"
    if not suspects:
        return f"the flags share no entity but the {primary}: {said}"
    parts = [f"the flags share a {suspects[0].entity[0]}, which may be what is compromised"]
    parts += [_word(suspect, may_block=may_block) for suspect in suspects]
    return "; ".join([*parts, said])


def _word(suspect: Suspect, *, may_block: bool) -> str:
    where = " ".join(suspect.entity)
    if not suspect.affordable:
        return f"{where} is not blocked, {suspect.share:.2%} of traffic is genuine and passes there"
    return f"{where} is blocked" if may_block else f"{where} is blocked once this is approved"
