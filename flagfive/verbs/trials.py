"""`flagfive trials`: show what detectors, bases and written rules on trial would have alerted."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from control.entry import LoggedEntry
    from storage.shadow_alerts import Trial

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive trials")
def trials(context: typer.Context) -> None:
    """Compare detectors, bases and rules on trial with those in force, before they go live.

    Reads the database that `flagfive recorder` writes. `new` counts the alerts that only the one on trial
    would have raised; `fraud` and `genuine` count those with a verdict.
    """
    import time

    from rich.console import Console
    from rich.table import Table

    from control.history import changes_of, in_force_at
    from flagfive.keys import control_key
    from storage import UnitOfWork, open_engine

    settings = settings_of(context)
    key = control_key(settings)
    with UnitOfWork(open_engine(settings.storage.url), reads_only=True) as unit:
        changes = in_force_at(changes_of(unit.control.all(), key), time.time())
        found = unit.shadow_alerts.trials()
    table = Table(
        "on trial", "episode", "since", "alerts", "also live", "new", "fraud", "genuine", "not judged",
        "new amount", title="On trial: they score but decide nothing",
    )  # fmt: skip
    shown = [change for change in changes if change.entry.kind == "shadow" or _is_rule_on_trial(change)]
    for change in shown:
        table.add_row(*_row(change, found.get(_name(change))))
    Console().print(table if shown else "nothing is on trial")


def _is_rule_on_trial(change: "LoggedEntry") -> bool:
    from control.entry import Kind
    from control.errors import MalformedEntry
    from control.written_rules import read_written_rule
    from rules.definition import Mode

    if change.entry.kind is not Kind.RULE:
        return False
    try:
        return read_written_rule(change.entry).definition.mode is Mode.SHADOW
    except MalformedEntry:
        return False


def _name(change: "LoggedEntry") -> str:
    """Return the name under which its shadow alerts are stored."""
    return change.entry.id if change.entry.kind == "shadow" else change.entry.key.decode()


def _row(change: "LoggedEntry", trial: "Trial | None") -> list[str]:
    since = datetime.fromtimestamp(change.entry.time, UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = [_name(change), str(change.entry.values.get("episode", "")), since]
    if trial is None:
        return [*head, "0", *[""] * 6]
    unjudged = trial.alerts - trial.fraud - trial.genuine
    counts = (trial.alerts, trial.also_live, trial.new, trial.fraud, trial.genuine, unjudged)
    return [*head, *(f"{count:,}" for count in counts), f"{trial.new_amount:,.2f}"]
