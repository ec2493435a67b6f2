"""Reads the written rules in force from the control log, for the verbs that list and change them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from control.applied import Applied
    from rules.definition import WrittenRule
    from settings import Settings


@dataclass(frozen=True)
class RulesInForce:
    """Rules on the control log.

    Attributes:
        entries: Entry of each rule, by its id; those that are off too.
        dormant: Why a rule is not evaluated, by its id.
    """

    entries: dict[str, Applied]
    dormant: dict[str, str]

    @property
    def rules(self) -> list[WrittenRule]:
        """Return the rules, in the order in which they decide."""
        from rules.definition import WrittenRule

        loaded = [a.loaded for a in self.entries.values()]
        return sorted((one for one in loaded if isinstance(one, WrittenRule)), key=lambda rule: rule.place)


def rules_in_force(settings: Settings) -> RulesInForce:
    """Read the control log.

    Raises:
        BrokerAway: No broker answers.
    """
    from control.entry import Kind
    from control.listing import list_entries
    from control.snapshot import Snapshot
    from flagfive.cluster import administrator
    from flagfive.keys import control_key

    with administrator(settings.broker):
        pass  # raises BrokerAway at once; reading would retry first
    listing = list_entries(settings.broker, settings.topics.control, control_key(settings))
    snapshot = Snapshot().fold(listing.entries.values()).snapshot
    return RulesInForce(snapshot.in_force(Kind.RULE), dict(snapshot.written.dormant))
