"""`flagfive decide`: answer payments over HTTP with a decision."""

from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.global_options import settings_of

if TYPE_CHECKING:
    from settings import Settings

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: flagfive decide --port 8090")
def decide(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on (default: decisions.host).")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port to listen on (default: decisions.port).")
    ] = None,
) -> None:
    """Answer each payment with approve, review or decline, until Ctrl-C.

    It writes the payment to the topic of transactions and answers with the score of the workers, so workers
    must run. Any number of gateways work side by side. Tokens are made in the console, with the scope
    `decisions`.
    """
    import asyncio
    from contextlib import suppress

    from contracts.interpreter import let_threads_alternate
    from decisions.gateway import await_ready
    from flagfive.logs import configure_logging
    from flagfive.metrics_page import serve_metrics

    settings = settings_of(context)
    configure_logging(settings)
    given = {"host": host, "port": port}
    own = settings.decisions.model_copy(
        update={key: value for key, value in given.items() if value is not None}
    )
    let_threads_alternate()
    await_ready()
    serve_metrics(settings, "decide")
    with suppress(asyncio.CancelledError):
        asyncio.run(_run(settings.model_copy(update={"decisions": own})))


async def _run(settings: "Settings") -> None:
    import asyncio
    import signal

    import numpy as np
    import pyarrow as pa

    from contracts.scored_batch import scored_schema
    from contracts.stage_batch import BatchFormat
    from decisions.gateway import run_gateway
    from features.byte_strings import ByteStrings
    from features.decode import Decoder
    from features.vector import FeatureLayout
    from storage import migrate, open_engine
    from stream.wiring import transaction_schema

    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    schema = transaction_schema(settings)
    form = BatchFormat(
        scored_schema([entity.name for entity in settings.entities], len(FeatureLayout(schema)))
    )
    decoder = Decoder(schema)
    # Loads the kernels, and compiles them at the very first start: no request shall wait for that.
    decoder.decode(ByteStrings.from_list([b"{}"]), np.zeros(1))
    pa.array([0]).to_numpy()  # imports pandas, which takes a second
    await run_gateway(settings, decoder, form, engine)
