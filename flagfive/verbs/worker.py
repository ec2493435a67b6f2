"""`flagfive worker`: score the stream."""

import typer

from flagfive.global_options import settings_of

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive worker")
def worker(context: typer.Context) -> None:
    """Score transactions until Ctrl-C: a Faust worker that reads, profiles, scores and emits.

    Start at most as many workers as there are partitions. They share the partitions, and the others take over
    from a worker that dies. A worker continues where the consumer group stopped. It verifies the control log
    and signs acknowledgements (`flagfive keys`).
    """
    from contracts.interpreter import let_threads_alternate
    from contracts.signing.principals import WORKER
    from flagfive.keys import control_key, trust_of
    from flagfive.logs import configure_logging
    from flagfive.metrics_page import serve_metrics
    from flagfive.run_worker import run_worker
    from stream.app import build_app

    let_threads_alternate()
    settings = settings_of(context)
    key, trust = control_key(settings), trust_of(settings, WORKER)
    configure_logging(settings)
    serve_metrics(settings, "worker")
    worker = build_app(settings, key, trust).Worker(
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
        blocking_timeout=0,
        loglevel=settings.logging.level,
    )
    run_worker(worker)
