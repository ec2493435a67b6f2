"""`flagfive status`: show the state of all parts on one screen."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from rich.table import Table

    from flagfive.status_report import StatusReport, Stored

app = typer.Typer(add_completion=False)

_MOST_REFUSED = 20  # rows of the table; the log of a worker has them all


@app.command(epilog="Example: flagfive status")
def status(context: typer.Context) -> None:
    """Show broker, topics, processes, lags, workers with their control offset, detectors, scores, alerts.

    Detectors and workers are shown only where the keys are that verify what they sent: the folder of keys, or
    FLAGFIVE_CONTROL_KEY.
    """
    from rich.console import Console

    from flagfive.cluster import administrator
    from flagfive.keys import control_key, key_folder, trust_of
    from flagfive.status_report import gather

    settings = settings_of(context)
    has_keys = settings.control.key is not None or key_folder(settings).exists
    key = control_key(settings) if has_keys else None
    trust = trust_of(settings, settings.keys.command_line) if has_keys else None
    with administrator(settings.broker) as admin:
        report = gather(settings, admin, key, trust)
    console = Console()
    for table in (broker_table, process_table, lag_table, worker_table, detector_table):
        console.print(table(report))
    if report.control is not None and report.control.refused:
        console.print(refused_table(report.control.refused))
    if learning := learning_line(report):
        console.print(learning)
    console.print(stored_line(report))


def broker_table(report: "StatusReport") -> "Table":
    """Return a table of the topics with their records."""
    table = _table(f"Broker {report.bootstrap}, {report.brokers} node(s)", "topic", "records")
    for name, records in report.topics.items():
        table.add_row(name, f"{records:,}")
    for name in report.missing_topics:
        table.add_row(name, "[red]missing: flagfive topics[/red]")
    return table


def process_table(report: "StatusReport") -> "Table":
    """Return a table of the processes on this machine, by their metrics pages."""
    table = _table("Processes of this machine", "process", "metrics page", "up for", "MiB")
    for one in report.processes:
        up = _ago(one.started) if one.started else "" if one.answers else "[yellow]no answer[/yellow]"
        table.add_row(one.name, f":{one.port}", up, f"{one.mib:,.0f}" if one.mib else "")
    return table


def lag_table(report: "StatusReport") -> "Table":
    """Return a table of the lag of each consumer group."""
    table = _table("Consumers", "group", "topic", "state", "records behind")
    for lag in report.lags:
        table.add_row(lag.group, lag.topic, lag.state, f"{lag.lag:,}")
    return table


def worker_table(report: "StatusReport") -> "Table":
    """Return a table of the worker and the control offset of each partition."""
    table = _table("Workers", "partition", "worker", "control offset", "acknowledged")
    for partition in range(report.partitions):
        ack = report.acks.get(partition)
        if ack is None:
            table.add_row(str(partition), "[red]none[/red]", "", "")
        else:
            table.add_row(str(partition), ack.worker, str(ack.offset), f"{_ago(ack.time)} ago")
    return table


def detector_table(report: "StatusReport") -> "Table":
    """Return a table of the detectors in force, from the entries that verify."""
    if report.control is None:
        return _table("In force: no keys here to verify it with")
    entries = list(report.control.entries.values())
    offset = max((listed.offset for listed in entries), default=-1)
    thresholds = [
        listed.entry.values["threshold"] for listed in entries if "threshold" in listed.entry.values
    ]
    threshold = f"{thresholds[-1]:.2f}" if thresholds else "none"
    live = [listed.entry for listed in entries if not listed.entry.retired]
    bases = [entry for entry in live if entry.kind == "base"]
    since = f"{bases[-1].id} since {_ago(bases[-1].time)}" if bases else "no base"
    table = _table(
        f"In force at control offset {offset}: {since}, threshold {threshold}",
        "detector",
        "episode",
        "by",
        "share of the budget (base: 1)",
        "live since",
        "notes",
    )
    for entry in live:
        if entry.kind == "detector":
            share, episode = 10 ** entry.values.get("shift", 0.0), str(entry.values.get("episode", ""))
            stored = report.stored
            said = (
                stored.proposals.get(entry.id),
                surge_note(entry.values, time.time()),
                stored.refined.get(entry.id),
            )
            notes = "; ".join(filter(None, said))
            table.add_row(entry.id, episode, entry.author, f"{share:.2f}", _ago(entry.time), notes)
    return table


def refused_table(refused: "Mapping[int, str]") -> "Table":
    """Return a table of the records of the control log that every worker refuses; the newest 20."""
    from rich.markup import escape

    table = _table(f"Refused by every worker: {len(refused)} control entries", "control offset", "reason")
    for offset in sorted(refused)[-_MOST_REFUSED:]:
        table.add_row(str(offset), f"[red]{escape(refused[offset])}[/red]")
    return table


def surge_note(values: "Mapping[str, Any]", now: float) -> str:
    """Return how much longer a detector may exceed the budget; empty where it may not.

    >>> surge_note({"surge": 0.25, "surge_until": 7_200.0}, 0.0)
    'surge: +25% of the budget for 2.0 h'
    """
    left = values.get("surge_until", now) - now
    return f"surge: +{values['surge']:.0%} of the budget for {left / 3_600.0:.1f} h" if left > 0 else ""


def learning_line(report: "StatusReport") -> str:
    """Describe the learning state and what ends it; empty where the base in force fits its traffic."""
    from control.learning import JOINT, LearningProgress, still_learns

    entries = report.control.entries.values() if report.control is not None else ()
    live = [listed.entry for listed in entries if not listed.entry.retired]
    bases = [entry for entry in live if entry.kind == "base"]
    fitted = [entry for entry in live if entry.kind == "threshold" and entry.id == JOINT]
    if not bases or not still_learns(bases[-1], fitted[-1] if fitted else None):
        return ""
    return f"[yellow]{LearningProgress(report.stored.scored, report.stored.stored_days).words}[/yellow]"


def stored_line(report: "StatusReport") -> str:
    """Describe the content of the database in two lines."""
    stored = report.stored
    if stored.problem:
        return f"[red]Database: {stored.problem}[/red]"
    episodes = ", ".join(f"{number} {status}" for status, number in stored.episodes.items()) or "none"
    parked = f"\n[red]Requests that could not be sent: {stored.parked}, see `flagfive outbox`[/red]"
    more = alarm_line(stored) + (parked if stored.parked else "")
    return (
        f"Database: {stored.scored:,} transactions, {stored.scored_per_s:,.0f} a second just now, "
        f"{stored.alerts_open:,} open alerts, episodes: {episodes}\n{more}"
    )


def alarm_line(stored: "Stored") -> str:
    """Describe the open alarms of the monitor in a line.

    Args:
        stored: content of the database.

    Returns:
        Alarms with their subjects, as rich markup.

    Example:
        >>> from flagfive.status_report import Stored
        >>> alarm_line(Stored(alarms={"unseen_values": ["currency THB"]}))
        '[red]Alarms: unseen_values (currency THB)[/red]'
    """
    alarms = "; ".join(f"{name} ({', '.join(subjects)})" for name, subjects in stored.alarms.items())
    return f"[red]Alarms: {alarms}[/red]" if alarms else "Alarms: none is open"


def _table(title: str, *columns: str) -> "Table":
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column)
    return table


def _ago(then: float) -> str:
    seconds = max(0.0, time.time() - then)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
