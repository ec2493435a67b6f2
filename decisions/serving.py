"""Serves the application over HTTP/1.1 and HTTP/2, with TLS where a certificate is given."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

from contracts.heartbeat import HEARTBEATS
from decisions.http.application import Application
from settings import DecisionsSettings

BACKLOG = 1_024
PROBE_S = 0.02
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Wildcard addresses, and the loopback address that reaches such a listener."""
LISTENING = "the port"


async def serve(application: Application, settings: DecisionsSettings) -> None:
    """Serve until cancelled; requests under way are answered first.

    Args:
        application: what answers.
        settings: address, certificate and key.
    """
    password = settings.key_password
    server = Server(
        application,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        websockets=False,
        backlog=BACKLOG,
        log_enabled=False,
        ssl_cert=_path(settings.certificate_file),
        ssl_key=_path(settings.key_file),
        ssl_key_password=password.get_secret_value() if password else None,
        ssl_ca=_path(settings.client_ca_file),
        ssl_client_verify=bool(settings.client_ca_file),
    )
    serving = asyncio.ensure_future(server.serve())
    try:
        await _until_listening(serving, settings)
        HEARTBEATS.ready(LISTENING)
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        server.stop()  # type: ignore[no-untyped-call]
        await serving
        raise


async def _until_listening(serving: asyncio.Future[None], settings: DecisionsSettings) -> None:
    """Wait until the server takes connections, or ends with an error."""
    host = EVERYWHERE.get(settings.host, settings.host)
    while not serving.done():
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, settings.port)
            writer.close()
            return
        await asyncio.sleep(PROBE_S)


def _path(file: str) -> Path | None:
    return Path(file) if file else None
