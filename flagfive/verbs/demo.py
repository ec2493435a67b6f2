"""`flagfive demo`: play the story of five flags with a real broker and real processes."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from flagfive.global_options import command_line, settings_of
from simulate.patterns import UNTRAINED

app = typer.Typer(add_completion=False)
Device = Literal["auto", "cpu", "cuda"]
StoryName = Literal["flags", "drift"]


@app.command(
    epilog="Examples: flagfive demo --once --json figures.json; flagfive demo --story drift --monitoring"
)
def demo(
    context: typer.Context,
    once: Annotated[
        bool,
        typer.Option(
            "--once",
            help="End after the story; exit code 1 unless recall rose, or the drift raised its alarms.",
        ),
    ] = False,
    json: Annotated[Path | None, typer.Option(help="Write the figures to this file.")] = None,
    rate: Annotated[float, typer.Option(min=100, max=20_000, help="Live payments a second.")] = 3_000,
    device: Annotated[Device, typer.Option(help="Device of the adaptation worker.")] = "auto",
    seed: Annotated[int, typer.Option(help="Seed of the cards and merchants.")] = 7,
    pattern: Annotated[
        str,
        typer.Option(help=f"The new fraud pattern; no base was trained on any: {', '.join(UNTRAINED)}."),
    ] = next(iter(UNTRAINED)),
    story: Annotated[
        StoryName,
        typer.Option(help="flags: a new pattern and five flags. drift: traffic changes, monitoring warns."),
    ] = "flags",
    monitoring: Annotated[
        bool, typer.Option("--monitoring", help="Start Prometheus with the project's rules too.")
    ] = False,
) -> None:
    """Watch a new fraud pattern slip through, flag five of its payments, and see the rest caught.

    Starts Apache Kafka, the scorer, the recorder, the adaptation worker and a simulator. Without --once it
    also starts the console and the monitor, and continues until Ctrl-C; a stand-in for an analyst then
    judges most alerts. All its files are in var/; the next demo deletes them.
    """
    import asyncio
    from functools import partial

    from flagfive.demo.play import play
    from flagfive.demo.prometheus import find_prometheus
    from flagfive.demo.stage import demo_settings, start_empty
    from flagfive.own_broker import broker_is_given
    from flagfive.processes import Processes

    if pattern not in UNTRAINED:
        raise typer.BadParameter(f"{pattern!r}, allowed {', '.join(UNTRAINED)}", param_hint="--pattern")
    prometheus = find_prometheus() if monitoring else ""
    settings = demo_settings(settings_of(context))
    if not broker_is_given():
        start_empty(settings)
    with Processes(settings.var / "log") as processes:
        figures = asyncio.run(
            play(
                settings,
                processes,
                partial(command_line, context),
                rate=rate,
                device=device,
                seed=seed,
                once=once,
                pattern=UNTRAINED[pattern],
                drift=story == "drift",
                prometheus=prometheus,
            )
        )
    if json is not None:
        figures.write(json)
    if not figures.succeeded:
        raise typer.Exit(1)
