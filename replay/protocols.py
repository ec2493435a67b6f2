"""The protocols by name, each with its settings checked: what `flagfive replay` runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from replay.prequential import Plan
from replay.progress import Progress
from replay.reading import RowReader
from replay.result import ReplayResult

Run = Callable[[RowReader, Progress], ReplayResult]
NAMES = ("prequential", "live", "leave-pattern-out")


class UnknownName(ValueError):
    """A protocol, contender or adapter that there is not; says which there are."""


@dataclass(frozen=True)
class Choice:
    """What was asked for beside the days: contenders, adapters, a pattern, and the desk of a live replay.

    Without adapters a prequential replay makes no episodes; the others take `evidence`.
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


def protocol(plan: Plan, choice: Choice) -> tuple[Run, dict[str, Any]]:
    """Return what runs, and the configuration to run it again. Raises UnknownName."""
    if choice.protocol not in NAMES:
        raise UnknownName(f"--protocol {choice.protocol!r}: allowed are {', '.join(NAMES)}")
    run, own = {"prequential": _prequential, "live": _live, "leave-pattern-out": _leave_out}[choice.protocol](
        plan, choice
    )
    return run, {"protocol": choice.protocol, **own}


def _prequential(plan: Plan, choice: Choice) -> tuple[Run, dict[str, Any]]:
    from replay.contenders import CONTENDERS
    from replay.prequential import prequential

    plan = replace(
        plan,
        contenders=_known("--contender", choice.contenders, tuple(CONTENDERS)),
        adapters=_adapters(choice) if choice.adapters else (),
        flags=choice.flags,
        steps=choice.steps,
    )
    return (lambda reader, report_progress: prequential(reader, plan, report_progress)), {
        "plan": asdict(plan)
    }


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
    )
    told = {"plan": asdict(plan), "live": asdict(settings)}
    return (lambda reader, report_progress: live(reader, plan, settings, report_progress)), told


def _leave_out(plan: Plan, choice: Choice) -> tuple[Run, dict[str, Any]]:
    from replay.leave_out import LeaveOutSettings, leave_out

    if choice.pattern is None:
        raise UnknownName("--protocol leave-pattern-out needs --pattern, the name of the one to leave out")
    steps = choice.steps
    settings = LeaveOutSettings(choice.pattern, choice.flags, _adapters(choice), 2 * steps, steps)
    told = {"plan": asdict(plan), "episode": asdict(settings)}
    return (lambda reader, report_progress: leave_out(reader, plan, settings, report_progress)), told


def _adapters(choice: Choice) -> tuple[str, ...]:
    from meta.adapters.registry import DEFAULT
    from meta.adapters.registry import NAMES as ADAPTERS

    return _known("--adapter", choice.adapters or (DEFAULT,), ADAPTERS)


def _known(option: str, given: Sequence[str], there: Sequence[str]) -> tuple[str, ...]:
    """The names given, all there are without any. Raises UnknownName."""
    if unknown := sorted(set(given) - set(there)):
        raise UnknownName(f"{option} {', '.join(unknown)}: allowed are {', '.join(there)}")
    return tuple(given or there)
