"""Puts the entities that live rules name on lists, as signed entries of the control log.

1. Read hits, and keep those that must wait.  2. Note in the audit log what is added.  3. Announce the buckets
that change.  4. Commit the offsets before the first hit that waits.
A crash before 4 reads the hits again. What is on its list then changes nothing, so each entity is added at
least once and stays once; after a crash between 2 and 3 the audit log has the addition twice.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from typing import Final, Protocol

import numpy as np

from adaptation.context import AdaptationContext
from adaptation.intake.list_hits import Hit, HitReader
from contracts.broker import Broker
from contracts.metrics import adaptation as metrics
from control.change import Change
from control.entry import Kind
from control.errors import ControlRefused
from control.list_entries import VALUES, bucket_id, bucket_to_bytes
from control.snapshot import Snapshot
from rules.actions import Action, seconds_of
from rules.definition import RULE_PREFIX, Mode, RuleDefinition, WrittenRule
from rules.lists.change import LONGEST_REASON, ListChange, Put, changed_buckets, check_value
from rules.lists.definition import LIST_PREFIX
from rules.lists.table import EMPTY, ListTable

log = logging.getLogger(__name__)

GROUP: Final = "-lists"
"""Added to the workers' group: the consumer group that reads hits."""
WINDOW_S: Final = 60.0
"""The bound of a list holds in any time of this length."""
MOST_WAITING: Final = 1_000
"""Entities that wait for one list; more are refused. Their next payment that matches asks again."""
LOOK_AGAIN_S: Final = 1.0
LOG_EVERY_S: Final = 60.0


class Hits(Protocol):
    """Where hits come from; `adaptation.intake.list_hits.HitReader` provides it."""

    def poll(self) -> list[Hit]:
        """Return the hits that have come."""

    def commit(self, waiting: Mapping[int, int]) -> None:
        """Commit what was read, by partition only up to the first offset that still waits."""


class ListAdditions:
    """Adds what rules ask for, at most `lists.added_a_minute` values to a list in 60 s.

    Args:
        context: database, control log, limits of lists, clock.
        hits: where hits come from.
    """

    def __init__(self, context: AdaptationContext, hits: Hits) -> None:
        self._context, self._hits = context, hits
        self._waiting: dict[str, dict[str, Hit]] = {}
        self._next = self._next_log = 0.0
        self._refused = 0

    def turn(self) -> None:
        """Read hits, and add what the bounds allow now.

        Raises:
            StorageUnavailable: the database is away.
            ControlLogUnavailable: the broker is away.
        """
        now, came = self._context.clock(), self._hits.poll()
        for hit in came:
            self._take(hit)
        if self._waiting and (came or now >= self._next):
            added = self._add(self._context.announcer.refresh(), now)
            self._next = now if added else now + LOOK_AGAIN_S
        metrics.LIST_ADDITIONS_WAITING.set(sum(map(len, self._waiting.values())))
        self._say(now)
        self._hits.commit(_first_places(one for of in self._waiting.values() for one in of.values()))

    def _take(self, hit: Hit) -> None:
        waiting = self._waiting.setdefault(hit.name, {})
        if hit.key in waiting:
            _count("repeated")
        elif len(waiting) >= MOST_WAITING or check_value(hit.key):
            self._refuse()
        else:
            waiting[hit.key] = hit

    def _add(self, snapshot: Snapshot, now: float) -> bool:
        """Announce, for each list, what the rule that waits longest adds; other rules follow next time.

        Returns:
            Whether something was added.
        """
        added = False
        for name, waiting in list(self._waiting.items()):
            table = snapshot.lists.by_name.get(name, EMPTY)
            for hit in list(waiting.values()):
                if outcome := _settled(snapshot, table, hit):
                    _count(outcome)
                    del waiting[hit.key]
                elif len(table) >= self._context.lists.most_values:
                    self._refuse()
                    del waiting[hit.key]
            chosen = self._chosen(table, list(waiting.values()), now)
            if chosen:
                self._announce(snapshot, table, chosen, now)
                added = True
            for hit in chosen:
                del waiting[hit.key]
            if not waiting:
                del self._waiting[name]
        return added

    def _chosen(self, table: ListTable, waiting: Sequence[Hit], now: float) -> list[Hit]:
        """Return the hits of the first rule that the bounds of their list allow now."""
        limits = self._context.lists
        lately = added_since(table, now - WINDOW_S)
        room = min(limits.added_a_minute - lately, limits.most_values - len(table))
        mine = [hit for hit in waiting if hit.rule == waiting[0].rule]
        return mine[: max(room, 0)]

    def _announce(self, snapshot: Snapshot, table: ListTable, chosen: Sequence[Hit], now: float) -> None:
        rule = chosen[0].rule
        definition, author, name = _adding(snapshot, chosen[0]), RULE_PREFIX + rule, chosen[0].name
        assert definition is not None  # `_settled` has dropped those without
        lasting = seconds_of(definition.lasting)
        change = ListChange(
            put=[Put(hit.key, hit.at + lasting) for hit in chosen],
            notes=[(definition.words[:LONGEST_REASON], f"rule {rule}"[:64])],
        )
        of = table.definition.of if table.definition is not None else ""
        buckets = changed_buckets(table, change, of, author, now)
        reason = f"{definition.effect}: {len(chosen)}"
        with self._context.unit() as unit:
            details = {"put": len(chosen), "rule": rule, "for": definition.lasting, "reason": reason}
            unit.audit.append(author, "list", subject=LIST_PREFIX + name, time=now, details=details)
            unit.commit()
        changes = [
            Change(Kind.LIST, bucket_id(name, at), author, reason, {VALUES: bucket_to_bytes(one)}, {})
            for at, one in sorted(buckets.items())
        ]
        try:
            self._context.announcer.announce(*changes)
        except ControlRefused as refusal:
            log.error("adapter: %s cannot add to the list %s: %s", author, name, refusal)
            _count("refused", len(chosen))
            return
        _count("added", len(chosen))
        log.info("adapter: %s added %d to the list %s", author, len(chosen), name)

    def _refuse(self) -> None:
        _count("refused")
        self._refused += 1

    def _say(self, now: float) -> None:
        """Log at most once a minute that hits wait or are refused."""
        if now < self._next_log or not (self._waiting or self._refused):
            return
        self._next_log = now + LOG_EVERY_S
        waiting = ", ".join(f"{name}: {len(of)}" for name, of in self._waiting.items()) or "none"
        log.warning(
            "adapter: rules may add %d values a minute to a list; waiting: %s; refused since then: %d",
            self._context.lists.added_a_minute, waiting, self._refused,
        )  # fmt: skip
        self._refused = 0


def additions_of(
    context: AdaptationContext, broker: Broker, topic: str, group: str, open_: ExitStack
) -> ListAdditions | None:
    """Return what adds for rules, with its consumer closed by `open_`; None without a topic to read."""
    if not topic:
        return None
    reader = HitReader(broker, topic, group + GROUP)
    open_.callback(reader.close)
    return ListAdditions(context, reader)


def added_since(table: ListTable, since: float) -> int:
    """Return how many values of a list rules have added since a time (seconds since 1970)."""
    count = 0
    for bucket in table.buckets.values():
        new = bucket.added > since
        if new.any():
            by_rule = np.array([by.startswith(RULE_PREFIX) for _, _, by in bucket.notes])
            count += int(np.count_nonzero(by_rule[bucket.note[new]]))
    return count


def _settled(snapshot: Snapshot, table: ListTable, hit: Hit) -> str:
    """Return why a hit needs no addition; empty where it does."""
    if _adding(snapshot, hit) is None or table.definition is None:
        return "outdated"
    held = table.find(hit.key.encode())
    return "repeated" if held is not None and (held.until is None or held.until > hit.at) else ""


def _adding(snapshot: Snapshot, hit: Hit) -> RuleDefinition | None:
    """Return the definition of the rule of a hit, if it is live and adds to that list now."""
    applied = snapshot.in_force(Kind.RULE).get(hit.rule)
    if applied is None or not isinstance(applied.loaded, WrittenRule):
        return None
    definition = applied.loaded.definition
    adds = definition.action is Action.ADD_TO_LIST and definition.to_list == hit.name
    return definition if adds and definition.mode is Mode.LIVE else None


def _first_places(waiting: Iterable[Hit]) -> dict[int, int]:
    """Return the lowest offset that waits, by partition."""
    found = dict[int, int]()
    for partition, offset in (hit.place for hit in waiting):
        found[partition] = min(offset, found.get(partition, offset))
    return found


def _count(outcome: str, by: int = 1) -> None:
    metrics.LIST_ADDITIONS.labels(outcome).inc(by)
