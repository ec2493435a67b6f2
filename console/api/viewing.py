"""The sender of a request and their rights: every route depends on `needs(Right...)`."""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection

from console.access.refusals import RefusalLog
from console.access.rights import Right
from console.access.sessions import Sender, viewer_of_session
from console.access.sign_in import viewer_of_token
from console.access.viewer import Viewer
from console.context import ConsoleContext
from console.errors import NotAllowed, NotSignedIn

MOST_OF_BROWSER = 200
"""Characters that are kept of what a browser calls itself."""
COOKIE, SECURE_COOKIE = "flagfive_session", "__Host-flagfive_session"
"""Browsers take the second one only over HTTPS and only from this host, not from its neighbours."""
CSRF_HEADER = "X-CSRF-Token"
UNATTENDED = "X-Unattended"
"""Header of requests that a page's timer sends: they do not keep the session awake."""
READING = frozenset({"GET", "HEAD", "OPTIONS"})

_by_cookie = APIKeyCookie(name=COOKIE, auto_error=False)
_by_token = HTTPBearer(auto_error=False)


def context_of(request: Request) -> ConsoleContext:
    """Return the context that the application was built with."""
    context: ConsoleContext = request.app.state.context
    return context


ContextOf = Annotated[ConsoleContext, Depends(context_of)]


def address_of(request: Request) -> str:
    """Return the address of the sender; behind a proxy, uvicorn sets the forwarded address."""
    return request.client.host if request.client else "unknown"


def refusals_of(request: Request) -> RefusalLog:
    """Return the log of refusals of the application."""
    log: RefusalLog = request.app.state.refusals
    return log


def sender_of(request: Request) -> Sender:
    """Return address and browser of the sender."""
    return Sender(address_of(request), request.headers.get("User-Agent", "")[:MOST_OF_BROWSER])


def viewer_of(
    request: Request,
    context: ContextOf,
    cookie: Annotated[str | None, Depends(_by_cookie)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_by_token)],
) -> Viewer:
    """Return the sender of a request.

    A program sends its token in a header. Other sites cannot make a browser do that, so it needs no CSRF
    token.

    Raises:
        NotSignedIn: no valid session or token.
        NotAllowed: a request that changes something lacks its CSRF token.
    """
    address, viewer = address_of(request), None
    cookie = session_cookie_of(request)
    if bearer is not None:
        viewer = viewer_of_token(context, bearer.credentials, address=address)
        if viewer is None:
            unknown = Viewer("unknown", frozenset(), address)
            refusals_of(request).add(unknown, "wrong token", "Authorization")
    elif cookie:
        viewer = viewer_of_session(
            context, cookie, address=address, attended=UNATTENDED not in request.headers
        )
    if viewer is None:
        raise NotSignedIn("sign in first", where="cookie or token", allowed="POST /api/v1/session")
    if bearer is None and request.method not in READING:
        _check_csrf(request, viewer)
    return viewer


def cookie_name(connection: HTTPConnection) -> str:
    """Return the name of the session cookie over this connection."""
    return SECURE_COOKIE if connection.url.scheme in ("https", "wss") else COOKIE


def session_cookie_of(connection: HTTPConnection) -> str:
    """Return the session cookie of a request or web socket, or an empty text."""
    return connection.cookies.get(cookie_name(connection), "")


def is_signed_in(context: ConsoleContext, connection: HTTPConnection) -> bool:
    """Return whether a request or web socket carries the cookie of a valid session."""
    cookie, client = session_cookie_of(connection), connection.client
    if not cookie:
        return False
    address = client.host if client else "unknown"
    return viewer_of_session(context, cookie, address=address) is not None


def _check_csrf(request: Request, viewer: Viewer) -> None:
    sent = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(sent.encode(), viewer.csrf.encode()):
        raise NotAllowed("the session's CSRF token is missing or wrong", where=f"header {CSRF_HEADER}")


ViewerOf = Annotated[Viewer, Depends(viewer_of)]


class Needs:
    """Checks that the sender has a right; tests read the right of each route."""

    def __init__(self, right: Right) -> None:
        self.right = right

    def __call__(self, request: Request, viewer: ViewerOf) -> Viewer:
        """Return the viewer, or raise NotAllowed."""
        if not viewer.may(self.right):
            asked = f"{request.method} {request.url.path}"
            refusals_of(request).add(viewer, "refused", asked, right=str(self.right))
            raise NotAllowed(
                f"{viewer.role} may not {self.right}", where="role or scope", allowed=str(self.right)
            )
        return viewer


def needs(right: Right) -> Any:
    """Return the dependency of a route on a right; its value is the viewer."""
    return Depends(Needs(right))
