"""`flagfive monitor`: monitor drift, detection quality and labels."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from monitoring.round import Round
    from settings import Settings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive monitor --once")
def monitor(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run one round, show its report, and end.")] = False,
) -> None:
    """Measure drift, quality and labels every monitoring.every_s seconds until Ctrl-C, and raise alarms.

    It reads what the recorder stored, writes the table `measurements`, and serves metrics. Run only one
    monitor. With --once, exit code 1 means that an alarm is open.
    """
    from flagfive.logs import configure_logging
    from flagfive.metrics_page import serve_metrics
    from flagfive.stop_signals import call_on_stop_signal
    from monitoring.loop import Monitor

    settings = settings_of(context)
    configure_logging(settings)
    rounds = _rounds(settings)
    if once:
        _show_once(settings, rounds)
        return
    entities = [entity.name for entity in settings.entities]
    running = Monitor(rounds, entities, settings.monitoring.every_s)
    call_on_stop_signal(running.stop)
    serve_metrics(settings, "monitor")
    running.run()


def _rounds(settings: "Settings") -> "Round":
    from flagfive.database import open_database
    from flagfive.keys import control_key
    from monitoring.round import Round
    from storage import migrate

    engine = open_database(settings)
    migrate.upgrade(engine)
    return Round(
        engine,
        control_key(settings),
        [entity.name for entity in settings.entities],
        budget=settings.budget.alert_rate,
        label_delay_days=settings.monitoring.label_delay_days,
        cards=settings.monitoring.cards,
        false_alarm_bound=settings.monitoring.false_alarm_bound,
    )


def _show_once(settings: "Settings", rounds: "Round") -> None:
    from rich.console import Console

    from flagfive.monitor_report import render

    report = rounds.run(time.time())
    Console().print(render(report))
    if report.alarms:
        raise typer.Exit(1)
