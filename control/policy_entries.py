"""Entries of kind `policy`: the decision policy in force, and the one that waits for a second person."""

from __future__ import annotations

from typing import Final

from control.entry import Entry, Kind
from control.errors import MalformedEntry
from rules.errors import RuleError
from rules.policy.definition import ReadPolicy, read_policy

DECISION: Final = "decision"
"""Id of the entry that holds the policy in force."""
PROPOSAL: Final = "proposal"
"""Id of the entry that holds a policy which waits for a second person; it decides nothing."""
POLICY_PREFIX: Final = f"{Kind.POLICY}/"
DECISION_KEY: Final = f"{POLICY_PREFIX}{DECISION}"
PROPOSAL_KEY: Final = f"{POLICY_PREFIX}{PROPOSAL}"
DEFINITION: Final = "definition"
"""Name of the part that holds the policy as JSON."""
WRITTEN_BY: Final = "written_by"
"""Value: who wrote the policy; with four eyes another person accepts it."""


def read_policy_entry(entry: Entry) -> ReadPolicy:
    """Return the policy of an entry.

    Raises:
        MalformedEntry: It has another id than those above, or cannot be read.
    """
    if entry.id not in (DECISION, PROPOSAL):
        raise MalformedEntry(f"{entry.key.decode()}: allowed are {DECISION_KEY} and {PROPOSAL_KEY}")
    try:
        return read_policy(entry.parts.get(DEFINITION, b""))
    except RuleError as error:
        raise MalformedEntry(f"{entry.key.decode()}: {error}") from error
