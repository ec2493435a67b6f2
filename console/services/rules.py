"""Written rules: lists, and one in detail with versions and matches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from console.context import ConsoleContext
from console.errors import NotFound
from console.policy import standing_policy
from console.results.rules import RuleDay, RuleDetails, RuleList, RuleRow, RuleTerms, RuleVersion
from console.services.row_lookup import rows_of_ids
from console.services.rule_names import bind, vocabulary_now
from control.entry import Entry, Kind
from control.envelope import unseal
from control.errors import ControlRefused
from control.written_rules import WRITTEN_BY, read_written_rule
from rules.definition import RULE_PREFIX, Mode, WrittenRule
from rules.errors import RuleError
from rules.vocabulary import Vocabulary
from storage import UnitOfWork
from storage.control_entries import ControlEntry
from storage.rule_hits import DAY_S, DayOfHits

OK, REMOVED = "ok", "removed"
MOST_VERSIONS, NEWEST = 100, 20


@dataclass(frozen=True)
class StoredRule:
    """A version of a rule as stored; `rule` is None where the entry removed it."""

    stored: ControlEntry
    entry: Entry
    rule: WrittenRule | None


def list_rules(context: ConsoleContext, q: str, days: int, *, offset: int, limit: int) -> RuleList:
    """Return a page of the rules that are not removed, in the order in which they decide.

    Args:
        context: tools of the console.
        q: text in id, condition, owner or note; empty for all.
        days: days of event time whose matches are counted.
        offset: rules to skip.
        limit: at most this many.
    """
    with context.unit(reads_only=True) as unit:
        read = _read(context, unit.control.last_of_kind(Kind.RULE))
        held = [(one.rule.place, one, one.rule) for one in read if one.rule is not None]
        found = [one for _, one, rule in sorted(held, key=lambda row: row[0]) if _holds(rule, q)]
        shown = found[offset : offset + limit]
        matches = hits(unit, days)
        names = vocabulary_now(context, unit)
        return RuleList(len(found), [_row(one, names, matches.get(one.entry.id, [])) for one in shown])


def rule_page(context: ConsoleContext, rule_id: str, days: int) -> RuleDetails:
    """Return one rule, removed or not.

    Raises:
        NotFound: there never was such a rule, or its entries cannot be verified.
    """
    with context.unit(reads_only=True) as unit:
        versions = _read(context, unit.control.versions(Kind.RULE, rule_id, MOST_VERSIONS))
        if not any(one.rule for one in versions):
            raise NotFound(f"no rule {rule_id!r}", where="rule_id")
        name = RULE_PREFIX + rule_id
        row = _row(_last(versions), vocabulary_now(context, unit), hits(unit, days, name).get(rule_id, []))
        if versions[0].rule is None:
            row = replace(row, state=REMOVED, control_offset=versions[0].stored.control_offset)
        return RuleDetails(
            **vars(row),
            versions=[_version(one) for one in versions],
            newest=rows_of_ids(context, unit, unit.rule_hits.newest(name, NEWEST)),
            four_eyes=standing_policy(context, unit).four_eyes,
        )


def hits(unit: UnitOfWork, days: int, rule: str | None = None) -> dict[str, list[RuleDay]]:
    """Return matches by id of the rule, a day each, oldest first; days without matches count zero."""
    newest = unit.transactions.newest_event_time()
    if newest is None:
        return {}
    today = newest // DAY_S * DAY_S
    first = today - (days - 1) * DAY_S
    found: dict[str, dict[float, list[DayOfHits]]] = {}
    for one in unit.rule_hits.by_day(first, rule):
        found.setdefault(one.rule.removeprefix(RULE_PREFIX), {}).setdefault(one.day, []).append(one)
    every = [first + number * DAY_S for number in range(days)]
    return {one: [_day(at, by_day.get(at, ())) for at in every] for one, by_day in found.items()}


def _day(at: float, parts: Iterable[DayOfHits]) -> RuleDay:
    both = list(parts)
    return RuleDay(
        at,
        sum(one.shadow for one in both),
        sum(one.live for one in both),
        sum(one.confirmed for one in both),
        sum(one.rejected for one in both),
    )


def _read(context: ConsoleContext, stored: Iterable[ControlEntry]) -> list[StoredRule]:
    """Verify entries; forged and unreadable ones are left out, as workers refuse them."""
    if context.key is None:
        return []
    key, found = context.key.of_history(), list[StoredRule]()
    for one in stored:
        try:
            entry = unseal(one.value, f"{one.kind}/{one.entry_id}".encode(), key)
            rule = None if entry.retired else read_written_rule(entry)
        except ControlRefused:
            continue
        found.append(StoredRule(one, entry, rule))
    return found


def _holds(rule: WrittenRule, q: str) -> bool:
    one = rule.definition
    return q.casefold() in f"{rule.id}\n{one.condition}\n{one.owner}\n{one.note}".casefold()


def _last(versions: list[StoredRule]) -> StoredRule:
    return next(one for one in versions if one.rule is not None)


def _row(one: StoredRule, names: Vocabulary, days: list[RuleDay]) -> RuleRow:
    assert one.rule is not None
    return RuleRow(
        id=one.rule.id,
        terms=terms_of(one.rule),
        state=_state(one.rule, names),
        written_by=str(one.entry.values.get(WRITTEN_BY, one.entry.author)),
        changed_by=one.entry.author,
        changed_at=one.entry.time,
        reason=one.entry.reason,
        control_offset=one.stored.control_offset,
        days=days,
    )


def _state(rule: WrittenRule, names: Vocabulary) -> str:
    if rule.definition.mode is Mode.OFF:
        return OK
    try:
        bind(rule.definition.condition, rule.definition.zone, names)
    except RuleError as error:
        return str(error)
    return OK


def terms_of(rule: WrittenRule) -> RuleTerms:
    """Return what people wrote."""
    return RuleTerms(**msgspec.structs.asdict(rule.definition))


def _version(one: StoredRule) -> RuleVersion:
    terms = terms_of(one.rule) if one.rule else None
    return RuleVersion(one.stored.control_offset, one.entry.time, one.entry.author, one.entry.reason, terms)
