"""Serves the HTTP endpoint that Prometheus scrapes."""

from prometheus_client import start_http_server


def serve(host: str, port: int) -> None:
    """Serve the metrics of this process over HTTP in the background.

    Args:
        host: address to listen on.
        port: 1 to 65535; 0 serves none.

    Raises:
        OSError: the port is taken.
    """
    if port:
        start_http_server(port, addr=host)
