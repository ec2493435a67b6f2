"""`flagfive adapter`: turn flags into detectors."""

from typing import Annotated, Literal

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of

app = typer.Typer(add_completion=False)
Device = Literal["auto", "cpu", "cuda"]


@app.command(epilog="Example: flagfive adapter --device cpu")
def adapter(
    context: typer.Context,
    device: Annotated[
        Device | None, typer.Option(help="Where torch computes (default: adaptation.device).")
    ] = None,
) -> None:
    """Handle the requests of the feedback topic until Ctrl-C: adapt, calibrate, judge, announce.

    It needs a base and a network on the control log, and a recorder that stores scored transactions. While
    the broker or the database is away, it waits.
    """
    import torch

    from adaptation.worker import AdaptationConfig, AdaptationWorker
    from contracts.signing.principals import ADAPTER
    from contracts.standing_policy import StandingPolicy
    from contracts.tracing.spans import spans_of
    from flagfive.database import migrate_and_seal, open_database
    from flagfive.keys import control_key, trust_of
    from flagfive.logs import configure_logging
    from flagfive.metrics_page import serve_metrics
    from flagfive.stop_signals import call_on_stop_signal
    from meta.device import NoSuchDevice, chosen_device
    from rules.lists.definition import ListLimits

    settings = settings_of(context)
    key, trust = control_key(settings), trust_of(settings, ADAPTER)
    configure_logging(settings)
    try:
        computes_on = chosen_device(device or settings.adaptation.device)
    except NoSuchDevice as error:
        raise UserError(str(error)) from None
    engine = open_database(settings)
    migrate_and_seal(engine)
    config = AdaptationConfig(
        broker=settings.broker,
        group=settings.stream.group + "-adapter",
        feedback=settings.topics.feedback,
        control=settings.topics.control,
        control_acks=settings.topics.control_acks,
        partitions=settings.topics.partitions,
        adapter=settings.adaptation.adapter,
        policy=StandingPolicy.of_settings(settings),
        device=computes_on,
        fresh_s=60.0 * settings.keys.fresh_minutes,
        lists=ListLimits(
            settings.lists.most_lists, settings.lists.most_values, settings.lists.added_a_minute
        ),
        shadow_alerts=settings.topics.shadow_alerts,
    )
    # One episode is small: starting more threads costs more time than they save.
    torch.set_num_threads(1)
    worker = AdaptationWorker(
        config,
        engine,
        key,
        trust,
        spans=spans_of(settings.tracing.endpoint, settings.topics.transactions, "adapter"),
    )
    call_on_stop_signal(worker.stop)
    serve_metrics(settings, "adapter")
    worker.run()
