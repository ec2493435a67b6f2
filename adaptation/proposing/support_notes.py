"""Puts into words what the flags of an episode show, for the analyst who flagged them."""

from __future__ import annotations

from collections.abc import Iterable

from adaptation.intake.checks import Flagged
from meta.verdict import Verdict


def notes_of(verdict: Verdict, flagged: Flagged) -> tuple[str, ...]:
    """Return notes on flags set aside, two patterns, strangers, and flags that look like ordinary traffic."""
    notes = []
    if verdict.set_aside:
        others = len(flagged.fraud) - len(verdict.set_aside)
        aside = _ids(flagged, verdict.set_aside)
        notes.append(f"set aside, looks like ordinary traffic to the other {others} flags: {aside}")
    if verdict.two_patterns is not None:
        first, second = (
            _ids(flagged, group) for group in (verdict.two_patterns.first, verdict.two_patterns.second)
        )
        notes.append(
            f"these are two patterns, of which neither leads to the other: {first}; and {second}. "
            "Flag each as an episode of its own"
        )
    if verdict.strangers:
        notes.append(f"unlike the other flags, which do not lead to them: {_ids(flagged, verdict.strangers)}")
    if "flags" in verdict.causes:
        notes.append(
            f"the flags look like ordinary traffic: to find half of them again, {verdict.usual_at:.2%} of "
            "genuine traffic would be alerted"
        )
    return tuple(notes)


def _ids(flagged: Flagged, places: Iterable[int]) -> str:
    return ", ".join(flagged.fraud[place].transaction_id for place in places)
