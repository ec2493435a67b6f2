"""Results about named lists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ListRow:
    """One list.

    `use` is `allow`, `block` or `watch`. `of` is the kind of its entities, empty for ids of any kind.
    `expired` counts the values that no longer count for the newest stored transaction.
    """

    name: str
    use: str
    of: str
    owner: str
    note: str
    values: int
    expired: int
    changed_by: str
    changed_at: float
    reason: str
    control_offset: int


@dataclass(frozen=True)
class Lists:
    """All lists, by name."""

    rows: list[ListRow]


@dataclass(frozen=True)
class ListValue:
    """A value of a list. A card is masked; `reference` names it in requests. Times are seconds since 1970."""

    value: str
    reference: str
    until: float | None
    reason: str
    source: str
    by: str
    added: float


@dataclass(frozen=True)
class ListValues:
    """A page of values, in the order of their hashes, and how many there are."""

    total: int
    rows: list[ListValue]


@dataclass(frozen=True)
class BadLine:
    """A line of a file that cannot be on a list, and what is wrong with it."""

    line: int
    problem: str


@dataclass(frozen=True)
class ListImport:
    """What a file holds, and whether it is in force.

    `status` is `checked` where nothing was to be sent, `live` where all is in force, else the status of the
    first part that is not, with its message. `bad` has at most 100 lines, `bad_lines` counts all.
    """

    values: int
    repeated: int
    bad_lines: int
    bad: list[BadLine]
    parts: int
    status: str
    message: str
