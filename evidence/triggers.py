"""What makes a model change or be reviewed next, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from control.entry import Kind, LoggedEntry
from evidence.document import NOT_IN_FORCE, ON_TRIAL, Rule
from evidence.source import Source
from monitoring.alarms import open_alarms
from storage.episodes import DRAFT, WAITING, Episode

DAY_S, HOUR_S = 86_400.0, 3_600.0


def next_trigger(
    source: Source,
    kind: str,
    state: str,
    last: LoggedEntry | None,
    episode: Episode | None,
    rule: Rule | None = None,
) -> str:
    """Return the most urgent trigger of one entry.

    Args:
        source: what is stored, and the policy.
        kind: kind of the entry.
        state: its state in the inventory.
        last: its last control entry.
        episode: the episode of a detector.
        rule: the rule, where it is one.
    """
    if rule is not None and rule.ends is not None and state != NOT_IN_FORCE:
        return f"ends {day_of(rule.ends)}, event time"
    if state == NOT_IN_FORCE:
        return _of_unused(episode)
    if kind == Kind.SHADOW or state == ON_TRIAL:
        return "a person puts it in force, or retires it"
    if kind == Kind.BASE:
        return _of_base(source)
    if kind == Kind.DETECTOR and last is not None:
        return _of_detector(source, last, episode)
    if kind == Kind.NETWORK:
        return "a base with another network"
    return "a person changes it"


def _of_unused(episode: Episode | None) -> str:
    if episode is not None and episode.status in (DRAFT, WAITING):
        return "a person approves or retires it"
    return "none"


def _of_base(source: Source) -> str:
    if alarms := open_alarms(source.unit):
        return f"review now: open alarms {', '.join(sorted(alarms))}"
    hours, last = source.policy.recalibrate_hours, source.last_calibration()
    if not hours:
        return "an alarm of monitoring, or a new base"
    if last is None:
        return "its first calibration on live traffic"
    return f"calibration due {day_of(last.entry.time + hours * HOUR_S)}"


def _of_detector(source: Source, last: LoggedEntry, episode: Episode | None) -> str:
    if episode is not None and episode.growth_waits:
        return f"review now: {episode.growth_waits}"
    if episode is not None and (proposal := episode.details.get("proposal")):
        return f"review now: {proposal}"
    if days := source.policy.expire_days:
        return f"expires {day_of(last.entry.time + days * DAY_S)}, unless it is adapted anew"
    return "more flags, or a new base; it does not expire"


def day_of(time: float) -> str:
    """Return a time as UTC to the minute.

    Example:
        >>> day_of(0.0)
        '1970-01-01 00:00 UTC'
    """
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")
