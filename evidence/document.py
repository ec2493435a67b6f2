"""The document about one base, detector or rule. Times are seconds since 1970 UTC; hashes are hexadecimal."""

from __future__ import annotations

from typing import Any

import msgspec

VERSION = 1
IN_FORCE, ON_TRIAL, DORMANT, NOT_IN_FORCE = "in force", "on trial", "dormant", "not in force"
"""States of an entry. A dormant one waits for the base or network that it was made with."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of the document: no field but those that it names."""


class InventoryRow(Part, frozen=True):
    """One entry of the control log that decides what scores.

    Attributes:
        kind: `base`, `detector`, `shadow` (on trial) or another kind of the control log.
        id: its id, unique in its kind.
        name: the analyst's name of the episode, or a short hash of a base.
        state: one of the four states above.
        owner: who put it there; of a detector, who flagged its episode.
        since: when its first entry was signed.
        changed: when its last entry was signed.
        changed_by: author of the last entry.
        why: reason of the last entry.
        control_offset: place of the last entry; null without one.
        next_trigger: what makes it change or be reviewed next, in words.
    """

    kind: str
    id: str
    name: str
    state: str
    owner: str
    since: float
    changed: float
    changed_by: str
    why: str
    control_offset: int | None
    next_trigger: str


class Entry(Part, frozen=True):
    """The last control entry, so far as its content hash needs it: parts by their hashes alone."""

    kind: str
    id: str
    retired: bool
    parent: str | None
    values: dict[str, Any]
    parts: dict[str, str]
    content_hash: str


class Change(Part, frozen=True):
    """One verified entry of the control log about the subject."""

    control_offset: int
    time: float
    author: str
    reason: str
    what: str
    content_hash: str
    threshold: float | None


class Training(Part, frozen=True):
    """The data that a base was trained on, as its artifact states it."""

    artifact: str
    data_hash: str
    first_at: float
    last_at: float
    rows: int
    frauds: int
    seed: int
    held_out: tuple[str, ...]
    features: tuple[str, ...]


class Flags(Part, frozen=True):
    """The data that a detector was adapted to. `data_hash` is of ids and features; null if not announced."""

    artifact: str
    data_hash: str | None
    fraud: int
    genuine: int
    adapter: str
    base: str | None


class Rule(Part, frozen=True):
    """A written rule. `definition` is the JSON text whose hash the control entry holds."""

    definition: str
    condition: str
    action: str
    mode: str
    owner: str
    note: str
    written_by: str
    ends: float | None


class Gate(Part, frozen=True):
    """What the gate measured for the newest version, with ids and entity keys masked."""

    measured_at: float
    threshold: float | None
    findings: dict[str, Any]


class Decision(Part, frozen=True):
    """What a person decided on an episode that waited."""

    time: float
    author: str
    decision: str
    flagged_by: str
    note: str


class Governance(Part, frozen=True):
    """The policy when the document was made, and what people decided under it."""

    policy: str
    four_eyes: bool
    decisions: tuple[Decision, ...]


class Outcomes(Part, frozen=True):
    """Alerts and verdicts so far.

    Attributes:
        about: which alerts are counted.
        alerts: alerts.
        confirmed: those judged as fraud.
        rejected: those judged as genuine.
        amount: sum of the amounts of alerts that are open or confirmed.
        precision: share of the judged alerts that are fraud; null before any is judged.
        low: lower 95% bound of the precision.
        high: upper 95% bound.
        all_alerts: alerts of all scorers together.
        first_at: event time of the first alert; null without one.
    """

    about: str
    alerts: int
    confirmed: int
    rejected: int
    amount: float
    precision: float | None
    low: float
    high: float
    all_alerts: int
    first_at: float | None


class Alarm(Part, frozen=True):
    """An open alarm of monitoring."""

    name: str
    since: float
    worst: float
    limit: float


class Monitoring(Part, frozen=True):
    """State of monitoring; null where nothing was measured yet."""

    measured_at: float | None
    alarms: tuple[Alarm, ...]
    quality: dict[str, float]
    drift: dict[str, float]


class Rollback(Part, frozen=True):
    """How to undo the last change, and a rehearsal of it on stored control entries.

    Attributes:
        command: undoes the last change.
        restores: what it would restore, in words.
        rehearsed: whether the state before the change could be rebuilt from stored entries.
        threshold_before: joint threshold of that state; null where it has none.
        undone: earlier rollbacks and retirements, as times.
    """

    command: str
    restores: str
    rehearsed: bool
    threshold_before: float | None
    undone: tuple[float, ...]


class AuditLine(Part, frozen=True):
    """One entry of the audit log about the subject, as stored, with its hashes."""

    position: int
    time: float
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    previous_hash: str
    hash: str
    key_id: str | None


class Audit(Part, frozen=True):
    """The excerpt of the audit log; `end` is POSITION:HASH of the whole log when it was verified."""

    end: str
    verified: str
    left_out: int
    lines: tuple[AuditLine, ...]


class Document(Part, frozen=True):
    """Everything that is known about one base, detector or rule when the document is made."""

    made_at: float
    made_by: str
    inventory: InventoryRow
    purpose: tuple[str, ...]
    limits: tuple[str, ...]
    budget: float
    entry: Entry | None
    training: Training | None
    flags: Flags | None
    rule: Rule | None
    gate: Gate | None
    governance: Governance
    changes: tuple[Change, ...]
    outcomes: Outcomes
    monitoring: Monitoring
    rollback: Rollback
    audit: Audit
    version: int = VERSION

    @property
    def subject(self) -> str:
        """Kind and id, such as `detector/gift-cards-1f`."""
        return f"{self.inventory.kind}/{self.inventory.id}"
