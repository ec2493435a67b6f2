"""Builds the FastAPI application of the API."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware

from console.access.provider import Provider
from console.access.refusals import RefusalLog
from console.access.secrets import new_secret
from console.api import (
    alerts,
    audit,
    cases,
    control_entries,
    decision_policy,
    detectors,
    entities,
    episodes,
    first_steps,
    governing,
    labels,
    lists,
    monitoring,
    own_access,
    papers,
    rules,
    session,
    suppressions,
    tokens,
    transactions,
    users,
    views,
    webhooks,
    what_if,
)
from console.api import provider as provider_routes
from console.api.errors import add_error_handlers
from console.api.viewing import is_signed_in
from console.context import ConsoleContext
from console.gates.bodies import Bodies
from console.gates.headers import SecureHeaders
from console.gates.rates import Rates
from console.gates.sessions import SIGN_IN, SignedInOnly
from console.measuring import Measured
from settings import ConsoleSettings

PREFIX = "/api/v1"
WAY_TO_PROVIDER_S = 600
RESOURCES = (
    provider_routes, session, own_access, alerts, transactions, entities, episodes, labels, detectors,
    control_entries, rules, decision_policy, lists, suppressions, papers, first_steps, cases, monitoring,
    what_if, views, users, tokens, audit, governing, webhooks,
)  # fmt: skip
ASSETS = ("/_nicegui/", "/static-")
PUBLIC = (PREFIX, SIGN_IN, *ASSETS, "/favicon.ico")
"""The API checks each request itself; the others are files."""
LONG_LIVED = "/_nicegui_ws/"


def build_app(context: ConsoleContext | None, provider: Provider | None = None) -> FastAPI:
    """Return the API over `context`, with sign-in through `provider` if given.

    `flagfive console` mounts the pages on it. Without a context it only describes itself.
    """
    app = FastAPI(
        title="flagfive console",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
    )
    app.state.context, app.state.provider = context, provider
    app.state.refusals = RefusalLog(context) if context else None
    if provider is not None:
        # State between the redirect to the provider and the way back.
        app.add_middleware(
            SessionMiddleware,
            secret_key=new_secret(),
            session_cookie="flagfive_provider",
            max_age=WAY_TO_PROVIDER_S,
            same_site="lax",
        )
    add_error_handlers(app)
    for resource in RESOURCES:
        app.include_router(resource.router, prefix=PREFIX)
    _add_gates(app, context)
    return app


def protect_pages(app: FastAPI, context: ConsoleContext) -> None:
    """Let only signed-in viewers reach the pages; call it after the pages are mounted on `app`."""
    app.add_middleware(SignedInOnly, is_signed_in=partial(is_signed_in, context), public=PUBLIC)


def _add_gates(app: FastAPI, context: ConsoleContext | None) -> None:
    """Put limits, headers and metrics before the routes; what is added last sees a request first."""
    console = context.settings.console if context else ConsoleSettings()
    app.add_middleware(Bodies, most=console.body_kib * 1024)
    app.add_middleware(
        Rates,
        per_second=console.requests_per_second,
        at_once=console.requests_at_once,
        uncounted=(*ASSETS, LONG_LIVED),
    )
    app.add_middleware(SecureHeaders, prefix=PREFIX, hsts_days=console.hsts_days)
    app.add_middleware(Measured, prefix=PREFIX, groups=_groups())


def _groups() -> set[str]:
    """The first path segment of every route below the prefix."""
    paths = {route.path for resource in RESOURCES for route in resource.router.routes}
    return {path.split("/")[1] for path in paths}
