"""`flagfive worker`: score the stream."""

from typing import TYPE_CHECKING

import typer

from cli.context import settings_of

if TYPE_CHECKING:
    from settings import Settings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive worker    (start it again elsewhere: partitions are shared out)")
def worker(context: typer.Context) -> None:
    """Score transactions until Ctrl-C: a Faust worker that reads, profiles, scores and emits.

    Start as many as there are partitions; they share them out, and take over from one that dies. A worker
    goes on where the group stopped. The signing key comes from FLAGFIVE_CONTROL_KEY.
    """
    from cli.keys import control_key
    from cli.logs import configure_logging
    from stream.app import build_app

    settings = settings_of(context)
    key = control_key(settings)
    configure_logging(settings)
    _serve_metrics(settings)
    build_app(settings, key).Worker(
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
        blocking_timeout=0,
        loglevel=settings.logging.level,
    ).execute_from_commandline()


def _serve_metrics(settings: "Settings") -> None:
    """A second worker on a machine finds the port taken; it scores all the same."""
    import logging

    from stream import metrics

    try:
        metrics.serve(settings.metrics.host, settings.metrics.worker_port)
    except OSError as error:
        logging.getLogger(__name__).warning(
            "metrics are not served: %s:%d: %s. Set FLAGFIVE_METRICS__WORKER_PORT for this worker",
            settings.metrics.host,
            settings.metrics.worker_port,
            error.strerror,
        )
