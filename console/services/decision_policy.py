"""The decision policy as it is stored: in force, waiting, its versions, and the shared budget."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from console.context import ConsoleContext
from console.policy import standing_policy
from console.results.decision_policy import (
    BoundTerms,
    PolicyShown,
    PolicyTerms,
    PolicyVersionRow,
    PolicyWaiting,
    SegmentTerms,
)
from console.services.base_artifacts import BaseArtifacts
from console.services.budget_use import budget_use
from console.services.rule_names import bind, vocabulary_now
from control.entry import Entry, Kind
from control.envelope import unseal
from control.errors import ControlRefused
from control.policy_entries import DECISION, PROPOSAL, WRITTEN_BY, read_policy_entry
from rules.errors import RuleError
from rules.policy.definition import DecisionPolicy
from rules.vocabulary import Vocabulary
from storage import UnitOfWork
from storage.control_entries import ControlEntry

MOST_VERSIONS = 100


def decision_policy(context: ConsoleContext) -> PolicyShown:
    """Return the policy in force, the one that waits, versions and the budget."""
    with context.unit(reads_only=True) as unit:
        versions = _read(context, unit.control.versions(Kind.POLICY, DECISION, MOST_VERSIONS))
        terms = versions[0].terms if versions else None
        return PolicyShown(
            terms=terms,
            dormant={} if terms is None else _dormant(terms, vocabulary_now(context, unit)),
            threshold=BaseArtifacts(context, unit).threshold(0, None),
            waiting=_waiting(context, unit, versions),
            four_eyes=standing_policy(context, unit).four_eyes,
            versions=versions,
            budget=budget_use(context, unit),
        )


def terms_of(policy: DecisionPolicy) -> PolicyTerms:
    """Return what people wrote."""
    return PolicyTerms(
        [SegmentTerms(**msgspec.structs.asdict(one)) for one in policy.segments],
        BoundTerms(**msgspec.structs.asdict(policy.otherwise)),
        policy.zone,
        policy.note,
    )


def _waiting(
    context: ConsoleContext, unit: UnitOfWork, versions: list[PolicyVersionRow]
) -> PolicyWaiting | None:
    stored = unit.control.latest(Kind.POLICY, PROPOSAL)
    if stored is None or (versions and versions[0].control_offset > stored.control_offset):
        return None
    found = _read(context, [stored])
    if not found or found[0].terms is None:
        return None
    return PolicyWaiting(**vars(found[0]), seen=stored.content_hash)


def _read(context: ConsoleContext, stored: Iterable[ControlEntry]) -> list[PolicyVersionRow]:
    """Verify entries; forged and unreadable ones are left out, as workers refuse them."""
    if context.key is None:
        return []
    key, found = context.key.of_history(), list[PolicyVersionRow]()
    for one in stored:
        try:
            entry = unseal(one.value, f"{one.kind}/{one.entry_id}".encode(), key)
            terms = None if entry.retired else terms_of(read_policy_entry(entry).definition)
        except ControlRefused:
            continue
        found.append(_version(one.control_offset, entry, terms))
    return found


def _version(offset: int, entry: Entry, terms: PolicyTerms | None) -> PolicyVersionRow:
    writer = str(entry.values.get(WRITTEN_BY, entry.author))
    return PolicyVersionRow(offset, entry.time, entry.author, writer, entry.reason, terms)


def _dormant(terms: PolicyTerms, names: Vocabulary) -> dict[str, str]:
    found = dict[str, str]()
    for one in terms.segments:
        try:
            bind(one.when, terms.zone, names)
        except RuleError as error:
            found[one.name] = str(error)
    return found
