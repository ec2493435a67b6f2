"""The API answers every request to every route, never with status 500."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck

from console.card_tokens import CardTokens
from console.context import ConsoleContext
from console.server import PREFIX, build_app
from settings import Settings
from storage import open_engine
from tests.unit.console.at_hand import Clock, LagAtHand, ModelsAtHand, WorkerAtHand
from tests.unit.console.people import Person, add_users
from tests.unit.console.stored_rows import add_stored

EXAMPLES = 6
"""Drawn of each of some 55 operations: bodies and parameters that fit the description, and that do not."""


# Routes that end the sender's session, or answer a wrong password with 401.
LEFT_OUT = (
    "/session",
    "/session/password",
    "/session/second-factor",
    "/session/second-factor/remove",
)

schema = schemathesis.openapi.from_dict(build_app(None).openapi())
# The bounds of every field alone are thousands of requests; run them after a change to fields.
schema.config.phases.coverage.enabled = False
few = hypothesis.settings(
    max_examples=EXAMPLES, derandomize=True, suppress_health_check=[*HealthCheck], database=None
)


@pytest.fixture(scope="module")
def admin(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """An administrator, on a context with users and alerts that accepts every request."""
    file = tmp_path_factory.mktemp("fuzz") / "console.sqlite"
    shutil.copy(empty_database, file)
    engine = open_engine(f"sqlite:///{file}")
    cards, worker = CardTokens("card", b"0" * 16), WorkerAtHand(engine)
    context = ConsoleContext(engine, Settings(), cards, worker, ModelsAtHand(), LagAtHand(), Clock())
    add_users(context)
    add_stored(context)
    yield Person(build_app(context), "admin")
    engine.dispose()


@schema.exclude(path=[PREFIX + path for path in LEFT_OUT]).parametrize()
@few
def test_no_request_ends_in_a_server_error(case: schemathesis.Case[Any], admin: Person) -> None:
    request = case.as_transport_kwargs(base_url="http://console")
    answer = admin.send(
        request["method"],
        request["url"],
        params=request.get("params"),
        json=request.get("json"),
        content=request.get("data"),
    )
    assert answer.status_code < 500, answer.text
    assert not answer.content or answer.headers["content-type"].startswith(("application/json", "text/csv"))
    if not request["url"].endswith("/once"):
        assert answer.status_code != 401  # otherwise no request would pass the sign-in
