"""What a base or detector is for, and what it cannot do, in words."""

from __future__ import annotations

from control.entry import Kind, LoggedEntry
from evidence.rule import rule_of
from evidence.subject import Subject

_BASE = (
    "The base scores every transaction. It was trained on labelled history and stays frozen.",
    "Its score is compared with recent traffic: a surprise of 3 means that one genuine transaction in 1,000 "
    "scores higher. A transaction over the joint threshold becomes an alert.",
)
_BASE_LIMITS = (
    "It finds fraud that resembles its training data; new patterns need an episode.",
    "Its calibration holds for traffic like that of the last calibration; drift alarms report a change.",
)
_RULE_LIMITS = (
    "A person wrote it; it does not learn, and no gate judged it.",
    "Of several rules that match, the one of the lowest order decides.",
)
_DETECTOR_LIMITS = (
    "It is made for one pattern of fraud and does not replace the base.",
    "It was adapted from few transactions, so figures of the gate have wide intervals.",
    "Alerts without a verdict count neither as fraud nor as genuine.",
)


def purpose_of(subject: Subject, last: LoggedEntry | None) -> tuple[str, ...]:
    """Return what the model is for, in sentences."""
    why = (f"Stated reason: {last.entry.reason}",) if last and last.entry.reason else ()
    if subject.kind is Kind.RULE:
        rule = rule_of(last)
        if rule is None:
            return ("The rule was removed.", *why)
        words = f"Where the condition is true, the rule's action is {rule.action}: {rule.condition}"
        return (
            words,
            f"It is {rule.mode}; {rule.written_by} wrote what it decides.",
            *filter(None, [rule.note]),
            *why,
        )
    if subject.episode is None:
        trial = ("It is on trial: its alerts change no decision.",) if subject.kind is Kind.SHADOW else ()
        return (*_BASE, *trial, *why)
    flagged = len(subject.episode.transactions)
    return (
        f"The detector scores every transaction for the pattern {subject.episode.name!r}, beside the base.",
        f"It was adapted from {flagged} transactions that {subject.episode.author} flagged.",
        *why,
    )


def limits_of(subject: Subject) -> tuple[str, ...]:
    """Return known limits, in sentences."""
    if subject.kind is Kind.RULE:
        return _RULE_LIMITS
    return _BASE_LIMITS if subject.episode is None else _DETECTOR_LIMITS
