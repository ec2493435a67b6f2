"""Serves the Prometheus metrics of a process; several such processes may run on one machine."""

import logging
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from settings import Settings

Process = Literal["worker", "recorder", "adapter", "monitor", "console", "decide", "feed"]
log = logging.getLogger(__name__)


def serve_metrics(settings: "Settings", process: Process) -> None:
    """Serve the metrics at the port of the settings; if it is taken, log a warning and continue.

    Args:
        settings: the settings; port 0 serves none.
        process: kind of process, which selects the port.
    """
    from contracts.metrics.serving import serve

    host, port = settings.metrics.host, getattr(settings.metrics, f"{process}_port")
    try:
        serve(host, port)
    except OSError as error:
        variable = f"FLAGFIVE_METRICS__{process}_PORT".upper()
        log.warning(
            "metrics are not served at %s:%d: %s. Set %s for this %s to another port",
            host,
            port,
            error.strerror,
            variable,
            process,
        )
