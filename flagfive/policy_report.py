"""Prints the blast radius of a decision policy."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
from rich.console import Console
from rich.table import Table

from replay.policy_radius import PolicyRadius


def print_policy_radius(console: Console, found: PolicyRadius) -> None:
    """Print each segment with what is in force and with the tried policy, and alerts beside the budget."""
    table = Table("segment", "transactions", "reviewed", "declined", "known fraud held", "genuine declined")
    for one in found.segments:
        table.add_row(
            one.name,
            f"{one.transactions:,}",
            f"{one.reviewed_now:,} to {one.reviewed:,}",
            f"{one.declined_now:,} to {one.declined:,}",
            f"{one.fraud_held_now:,} to {one.fraud_held:,} of {one.fraud:,}",
            f"{one.genuine_declined_now:,} to {one.genuine_declined:,}",
        )
    console.print(table)
    print(f"{found.transactions:,} transactions of {found.days:,.1f} days were looked at")
    print(
        f"alerts a day: {found.alerts_a_day_now:,.1f} with what is in force, {found.alerts_a_day:,.1f} with "
        f"this policy; the budget allows {found.budget_a_day:,.1f}"
    )
    print(f"{found.by_others:,} alerts of rules, lists and blocks stay as they were")
    if found.limited:
        print(f"older transactions were not looked at: {found.limited}")
    if found.left_out:
        print(f"{found.left_out:,} transactions have other features, and were not looked at")


def policy_radius_as_json(found: PolicyRadius) -> str:
    """Return all figures as JSON."""
    return msgspec.json.encode(asdict(found)).decode()
