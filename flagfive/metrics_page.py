"""The metrics page of a process of which several may run on one machine."""

import logging
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from settings import Settings

Process = Literal["worker", "recorder", "adapter", "monitor", "console", "feed"]
log = logging.getLogger(__name__)


def serve_metrics(settings: "Settings", process: Process) -> None:
    """Serve it at the process's port; a second process finds that taken, says so, and works all the same."""
    from contracts.metrics.serving import serve

    host, port = settings.metrics.host, getattr(settings.metrics, f"{process}_port")
    try:
        serve(host, port)
    except OSError as error:
        variable = f"FLAGFIVE_METRICS__{process}_PORT".upper()
        log.warning(
            "metrics are not served: %s:%d: %s. Set %s for this %s",
            host,
            port,
            error.strerror,
            variable,
            process,
        )
