"""Builds the FastAPI application of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response
from starlette.middleware.sessions import SessionMiddleware

from console.access.provider import Provider
from console.access.secrets import new_secret
from console.api import (
    alerts,
    audit,
    cases,
    control_entries,
    detectors,
    entities,
    episodes,
    governing,
    labels,
    monitoring,
    session,
    tokens,
    transactions,
    users,
    views,
    what_if,
)
from console.api import provider as provider_routes
from console.api.errors import add_error_handlers
from console.context import ConsoleContext
from console.measuring import Measured

PREFIX = "/api/v1"
WAY_TO_PROVIDER_S = 600
RESOURCES = (
    provider_routes, session, alerts, transactions, entities, episodes, labels, detectors, control_entries,
    cases, monitoring, what_if, views, users, tokens, audit, governing,
)  # fmt: skip
# Pages run their own scripts and talk only to their own server.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self' ws: wss:; frame-ancestors 'none'; "
    "base-uri 'self'; form-action 'self'"
)
STRICT_POLICY = "default-src 'none'; frame-ancestors 'none'"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def build_app(context: ConsoleContext, provider: Provider | None = None) -> FastAPI:
    """Return the API over `context`, with sign-in through `provider` if given.

    `flagfive console` mounts the pages on it.
    """
    app = FastAPI(
        title="flagfive console",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=f"{PREFIX}/openapi.json",
    )
    app.state.context, app.state.provider = context, provider
    app.middleware("http")(_secure_headers)
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
    app.add_middleware(Measured, prefix=PREFIX, groups=_groups())
    return app


def _groups() -> set[str]:
    """The first path segment of every route below the prefix."""
    paths = {route.path for resource in RESOURCES for route in resource.router.routes}
    return {path.split("/")[1] for path in paths}


async def _secure_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    in_api = request.url.path.startswith(PREFIX)
    policy = {"Content-Security-Policy": STRICT_POLICY if in_api else POLICY}
    caching = {"Cache-Control": "no-store"} if in_api else {}
    response.headers.update(HEADERS | policy | caching)
    return response
