"""Reads the named lists in force from the control log, for the verbs that show and change them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flagfive.errors import UserError

if TYPE_CHECKING:
    from control.snapshot import Snapshot
    from rules.lists.table import ListTable
    from settings import Settings


def snapshot_in_force(settings: Settings) -> Snapshot:
    """Read the control log.

    Raises:
        BrokerAway: No broker answers.
    """
    from control.listing import list_entries
    from control.snapshot import Snapshot
    from flagfive.cluster import administrator
    from flagfive.keys import control_key

    with administrator(settings.broker):
        pass  # raises BrokerAway at once; reading would retry first
    listing = list_entries(settings.broker, settings.topics.control, control_key(settings), timeout_s=60.0)
    return Snapshot().fold(listing.entries.values()).snapshot


def list_in_force(settings: Settings, name: str) -> ListTable:
    """Return one list; raises UserError where there is none of this name."""
    from rules.errors import unknown

    lists = snapshot_in_force(settings).lists.by_name
    if name not in lists:
        raise UserError(str(unknown("list", name, lists, 0)))
    return lists[name]
