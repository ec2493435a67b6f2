"""Prints the blast radius of a rule."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import msgspec
from rich.console import Console
from rich.table import Table

from console.models.results import RuleSuggestion
from replay.blast_radius import BlastRadius, Example
from storage import UnitOfWork


def print_radius(console: Console, unit: UnitOfWork, found: BlastRadius) -> None:
    """Print counts, days, overlaps and examples.

    Args:
        console: Where to.
        unit: An open unit of work; it gives the ids of examples.
        found: The result.
    """
    table = Table("", "in all", "a day")
    table.add_row("transactions", f"{found.transactions:,}", f"{found.transactions / found.days:,.0f}")
    table.add_row("matches", f"{found.matches:,}", f"{found.matches_a_day:,.1f}")
    table.add_row("alerts added", f"{found.added:,}", f"{found.added_a_day:,.1f}")
    if found.removed:
        table.add_row("alerts taken away", f"{found.removed:,}", f"{found.removed / found.days:,.1f}")
    table.add_row("only this rule finds", f"{found.alone:,}", f"{found.alone / found.days:,.1f}")
    console.print(table)
    print("\n".join(_sentences(found)))
    _print_days(console, found)
    _print_overlaps(console, found)
    print(_ids("newest matches", unit, found.examples))
    near = ", ".join(
        f"{identity} ({one.why})"
        for one, identity in zip(found.counter_examples, _known(unit, found.counter_examples), strict=True)
    )
    print(f"near misses: {near or 'none'}")


def print_suggestion(console: Console, unit: UnitOfWork, one: RuleSuggestion) -> None:
    """Print a rule from flags: its condition, how sure it is, its blast radius, and how to save it."""
    found = one.found
    print(found.condition)
    print(
        f"it matches {found.flags_matched:,} of {found.flags:,} flags, and {found.others_matched:,} of "
        f"{found.others:,} recent transactions"
    )
    if found.left_out:
        print(
            f"found without one of the flags, a rule matches the missing one in {found.left_out_matched} of "
            f"{found.left_out} cases"
        )
    print_radius(console, unit, one.radius)
    if one.detector:
        print(f"of {one.detector_held:,} that detector {one.detector} held, it matches {one.detector_both:,}")
    print(f"to save it in shadow: flagfive rules add ID {shlex.quote(found.condition)} --action review")


def radius_as_json(unit: UnitOfWork, found: BlastRadius) -> str:
    """Return all figures as JSON; examples have the ids of their transactions."""
    told = asdict(found)
    for name in ("examples", "counter_examples"):
        chosen: Sequence[Example] = getattr(found, name)
        for row, identity in zip(told[name], _known(unit, chosen), strict=True):
            row["transaction_id"] = identity
    return msgspec.json.encode(told).decode()


def _sentences(found: BlastRadius) -> list[str]:
    said = [
        f"alerts a day: {found.alerts_a_day:,.1f} as they were, {found.alerts_a_day_with:,.1f} with the "
        f"rule; the budget allows {found.budget_a_day:,.1f}",
        f"known fraud: it matches {found.fraud:,} of {found.known_fraud:,} ({found.fraud_amount:,.2f} of "
        f"{found.known_fraud_amount:,.2f} in amount); {found.new_fraud:,} of them "
        f"({found.new_fraud_amount:,.2f}) were approved",
    ]
    if found.precision is not None:
        said.append(
            f"of {found.fraud + found.genuine:,} judged matches {found.precision:.0%} are fraud "
            f"(95% interval {found.precision_low:.0%} to {found.precision_high:.0%})"
        )
    if found.limited:
        said.append(f"older transactions were not looked at: {found.limited}")
    if found.left_out:
        said.append(f"{found.left_out:,} transactions have other features, and were not looked at")
    return said


def _print_days(console: Console, found: BlastRadius) -> None:
    table = Table("day", "matches", "alerts added", "fraud", "alerts as they were")
    for day in found.by_day:
        name = f"{datetime.fromtimestamp(day.at, UTC):%Y-%m-%d}"
        table.add_row(name, f"{day.matches:,}", f"{day.added:,}", f"{day.fraud:,}", f"{day.alerts:,}")
    console.print(table)


def _print_overlaps(console: Console, found: BlastRadius) -> None:
    table = Table("scorer or rule", "held or matched", "of these the rule matches")
    for one in found.overlaps[:20]:
        table.add_row(one.name, f"{one.total:,}", f"{one.both:,}")
    if found.overlaps:
        console.print(table)
    for name, why in found.not_compared.items():
        print(f"{name} was not compared: {why}")


def _ids(words: str, unit: UnitOfWork, examples: Sequence[Example]) -> str:
    return f"{words}: {', '.join(_known(unit, examples)) or 'none'}"


def _known(unit: UnitOfWork, examples: Sequence[Example]) -> list[str]:
    places = [(one.partition, one.offset) for one in examples]
    rows = unit.past.at(places)
    return [rows[one].transaction_id if one in rows else "deleted" for one in places]
