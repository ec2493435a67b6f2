"""Starts gateways of the decision API, and asks them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

import msgspec

from flagfive.own_broker import free_port
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.api_tokens import DECISIONS_SCOPE, ApiToken, digest_of
from tests.stream_run import ROOT, environment_of
from tests.waiting import until

TOKEN = "a token of the tests, long enough to be one"


@dataclass
class Gateway:
    """One gateway process."""

    process: subprocess.Popen[bytes]
    port: int
    metrics_port: int
    token: str = TOKEN

    def ask(self, body: object, path: str = "/v1/decisions", **headers: str) -> tuple[int, Any]:
        """Return status and JSON of one request; `body` is sent as JSON unless it is bytes."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            value = body if isinstance(body, bytes) else msgspec.json.encode(body)
            sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
            connection.request("POST", path, value, sent)
            answer = connection.getresponse()
            return answer.status, msgspec.json.decode(answer.read())
        finally:
            connection.close()

    def ready(self) -> bool:
        """Return whether `/ready` at the port of the metrics says so."""
        assert self.process.poll() is None
        connection = HTTPConnection("127.0.0.1", self.metrics_port, timeout=5)
        try:
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        """End the process, at once."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def add_token(settings: Settings, secret: str = TOKEN, scopes: tuple[str, ...] = (DECISIONS_SCOPE,)) -> None:
    """Store a token in the database of the settings, which is made if it is missing."""
    engine = open_engine(settings.storage.url)
    migrate.upgrade(engine)
    with UnitOfWork(engine) as unit:
        unit.tokens.add(
            ApiToken(
                name=secret[:40],
                digest=digest_of(secret),
                scopes=list(scopes),
                author="test",
                created_at=time.time(),
                expires_at=None,
            )
        )
        unit.commit()


def start_gateway(settings: Settings, number: int = 0, **variables: str) -> Gateway:
    """Start a gateway, and wait until it is ready; its output goes to `gateway-NUMBER.log`."""
    port, metrics_port = free_port(), free_port()
    given = {
        "FLAGFIVE_DECISIONS__PORT": str(port),
        "FLAGFIVE_METRICS__DECIDE_PORT": str(metrics_port),
        "PYTHONPATH": str(ROOT),
    }
    with (settings.var / f"gateway-{number}.log").open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flagfive", "decide"],
            cwd=ROOT,
            env={**os.environ, **environment_of(settings), **given, **variables},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    gateway = Gateway(process, port, metrics_port)
    try:
        until(gateway.ready, what="a gateway that is ready")
    except BaseException:
        gateway.stop()
        print((settings.var / f"gateway-{number}.log").read_text())
        raise
    return gateway
