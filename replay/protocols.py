"""The protocols that `flagfive replay` runs, by name, with their settings checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from replay.prequential import Plan
from replay.progress import Progress, Tell
from replay.reading import RowReader
from replay.result import ReplayResult
from replay.tasks import Pool

Run = Callable[[RowReader, Progress, Tell], ReplayResult]
NAMES = ("prequential", "live", "leave-pattern-out")


class UnknownName(ValueError):
    """No protocol, contender or adapter has this name; the message lists the names that are allowed."""


@dataclass(frozen=True)
class Choice:
    """What is asked for beside the days.

    Attributes:
        protocol: One of `NAMES`.
        contenders: Names of what is compared; all where empty.
        adapters: Names of adapters. Where empty, a prequential replay makes no episodes and the other
            protocols take `evidence`.
        pattern: The pattern that training does not see.
        flags: Frauds that are flagged: in one episode, or in 24 hours of a live replay.
        alerts_a_day: Alerts that are examined in 24 hours of a live replay.
        shift_hours: Hours between two looks of a live replay.
        delay_hours: Hours until a label of a live replay; the days of the plan where not given.
        budget: Share of genuine traffic that may be alerted, in (0, 1).
        steps: Steps of meta-training; the base takes twice as many.
        steer: Whether a live replay steers thresholds as live.
    """

    protocol: str = NAMES[0]
    contenders: Sequence[str] = ()
    adapters: Sequence[str] = ()
    pattern: str | None = None
    flags: int = 5
    alerts_a_day: int = 50
    shift_hours: float = 24.0
    delay_hours: float | None = None
    budget: float = 0.001
    steps: int = 1_500
    steer: bool = True


def protocol(plan: Plan, choice: Choice, start: Pool | None = None) -> tuple[Run, dict[str, Any]]:
    """Return what runs, and the configuration to run it again.

    Args:
        plan: Days and seed.
        choice: The protocol, and what it compares.
        start: Starts what contenders of a prequential replay train on; where not given, processes of this
            machine. The other protocols run in this process.

    Raises:
        UnknownName: a protocol, contender or adapter has no such name.
    """
    if choice.protocol not in NAMES:
        raise UnknownName(f"--protocol {choice.protocol!r}: allowed are {', '.join(NAMES)}")
    if choice.protocol == "prequential":
        run, own = _prequential(plan, choice, start)
    else:
        run, own = {"live": _live, "leave-pattern-out": _leave_out}[choice.protocol](plan, choice)
    return run, {"protocol": choice.protocol, **own}


def _prequential(plan: Plan, choice: Choice, start: Pool | None) -> tuple[Run, dict[str, Any]]:
    from replay.contenders import CONTENDERS
    from replay.prequential import prequential

    plan = replace(
        plan,
        contenders=_known("--contender", choice.contenders, tuple(CONTENDERS)),
        adapters=_adapters(choice) if choice.adapters else (),
        flags=choice.flags,
        steps=choice.steps,
    )
    told = {"plan": {name: value for name, value in asdict(plan).items() if name != "processes"}}
    return (lambda reader, report, tell: prequential(reader, plan, report, tell, start)), told


def _live(plan: Plan, choice: Choice) -> tuple[Run, dict[str, Any]]:
    from replay.live import LiveSettings, live
    from replay.live_contenders import CONTENDERS

    settings = LiveSettings(
        choice.alerts_a_day,
        choice.flags,
        choice.shift_hours,
        24.0 * plan.delay_days if choice.delay_hours is None else choice.delay_hours,
        choice.budget,
        _adapters(choice),
        _known("--contender", choice.contenders, CONTENDERS),
        () if choice.pattern is None else (choice.pattern,),
        2 * choice.steps,
        choice.steps,
        choice.steer,
    )
    told = {"plan": asdict(plan), "live": asdict(settings)}
    return (lambda reader, *reports: live(reader, plan, settings, *reports)), told


def _leave_out(plan: Plan, choice: Choice) -> tuple[Run, dict[str, Any]]:
    from replay.leave_out import LeaveOutSettings, leave_out

    if choice.pattern is None:
        raise UnknownName("--protocol leave-pattern-out needs --pattern, the name of the one to leave out")
    steps = choice.steps
    settings = LeaveOutSettings(choice.pattern, choice.flags, _adapters(choice), 2 * steps, steps)
    told = {"plan": asdict(plan), "episode": asdict(settings)}
    return (lambda reader, *reports: leave_out(reader, plan, settings, *reports)), told


def _adapters(choice: Choice) -> tuple[str, ...]:
    from meta.adapters.registry import DEFAULT
    from meta.adapters.registry import NAMES as ADAPTERS

    return _known("--adapter", choice.adapters or (DEFAULT,), ADAPTERS)


def _known(option: str, given: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """Return the given names, or all allowed names where none is given. Raises UnknownName."""
    if unknown := sorted(set(given) - set(there)):
        raise UnknownName(f"{option} {', '.join(unknown)}: allowed are {', '.join(there)}")
    return tuple(given or there)
