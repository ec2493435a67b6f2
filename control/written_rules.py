"""Written rules of the control log: one entry of kind `rule` each."""

from __future__ import annotations

from typing import Final

from control.entry import Entry
from control.errors import MalformedEntry
from rules.definition import WrittenRule, read_rule
from rules.errors import RuleError

DEFINITION: Final = "definition"
"""Name of the part that holds a rule's definition as JSON."""
WRITTEN_BY: Final = "written_by"
"""Value: who last changed what the rule decides; with four eyes another person sets it live."""


def read_written_rule(entry: Entry) -> WrittenRule:
    """Return the rule of an entry.

    Raises:
        MalformedEntry: It cannot be read.
    """
    try:
        return read_rule(entry.id, entry.parts.get(DEFINITION, b""))
    except RuleError as error:
        raise MalformedEntry(f"{entry.key.decode()}: {error}") from error
