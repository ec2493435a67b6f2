"""Who sends a request, and whether they may: a dependency that every route has, `needs(Right...)`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie

from console.access.rights import Right
from console.access.sign_in import viewer_of_session
from console.access.viewer import Viewer
from console.desk import Desk
from console.errors import NotAllowed, NotSignedIn

COOKIE = "flagfive_session"
CSRF_HEADER = "X-CSRF-Token"
READING = frozenset({"GET", "HEAD", "OPTIONS"})

_by_cookie = APIKeyCookie(name=COOKIE, auto_error=False)


def desk_of(request: Request) -> Desk:
    """The desk that the application was built with."""
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(desk_of)]


def address_of(request: Request) -> str:
    """Where the request came from; behind a proxy, uvicorn puts the forwarded address here."""
    return request.client.host if request.client else "unknown"


def viewer_of(request: Request, desk: DeskOf, cookie: Annotated[str | None, Depends(_by_cookie)]) -> Viewer:
    """Who it is. Raises NotSignedIn, and NotAllowed where a changing request lacks its CSRF token."""
    now, address = desk.clock(), address_of(request)
    with desk.unit(reads_only=True) as unit:
        viewer = viewer_of_session(unit, cookie, address=address, now=now) if cookie else None
    if viewer is None:
        raise NotSignedIn("sign in first", where="cookie", allowed="POST /api/v1/session")
    if request.method not in READING and request.headers.get(CSRF_HEADER) != viewer.csrf:
        raise NotAllowed("the session's CSRF token is missing or wrong", where=f"header {CSRF_HEADER}")
    return viewer


ViewerOf = Annotated[Viewer, Depends(viewer_of)]


class Needs:
    """Lets through who has the right; tests read it from each route."""

    def __init__(self, right: Right) -> None:
        self.right = right

    def __call__(self, viewer: ViewerOf) -> Viewer:
        """The viewer. Raises NotAllowed."""
        if not viewer.may(self.right):
            raise NotAllowed(
                f"{viewer.role} may not {self.right}", where="role or scope", allowed=str(self.right)
            )
        return viewer


def needs(right: Right) -> Any:
    """The dependency of a route on a right; it gives the viewer."""
    return Depends(Needs(right))
