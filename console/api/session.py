"""Routes to sign in and out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field

from console.access.passwords import MOST_CHARACTERS
from console.access.rights import Right
from console.access.sessions import SESSION_S, Entered, sign_out
from console.access.sign_in import sign_in, sign_in_by_link
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, cookie_name, needs, sender_of, session_cookie_of
from console.results.session import SessionUser

router = APIRouter(prefix="/session", tags=["session"])


class Credentials(BaseModel):
    """Name and password, and a code if the user has a second factor."""

    name: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1, max_length=MOST_CHARACTERS)
    code: str | None = Field(
        None, max_length=40, description="six digits of the authenticator app, or a recovery code"
    )


@router.post("", openapi_extra={"x-public": True})
def begin(credentials: Credentials, request: Request, response: Response, context: ContextOf) -> SessionUser:
    """Sign in with name and password; 401 with `where: code` asks a user with a second factor for a code."""
    given = credentials
    entered = sign_in(context, given.name, given.password, given.code, sender_of(request))
    set_cookie(request, response, entered)
    return session_user(entered.viewer)


@router.get("/once", status_code=303, response_class=RedirectResponse, openapi_extra={"x-public": True})
def begin_by_link(
    token: Annotated[str, Query(max_length=200)], request: Request, context: ContextOf
) -> RedirectResponse:
    """Sign in with a one-time link, and redirect to the queue."""
    with context.unit() as unit:
        entered = sign_in_by_link(unit, token, sender_of(request), now=context.clock())
        unit.commit()
    response = RedirectResponse("/", 303)
    set_cookie(request, response, entered)
    return response


@router.get("")
def me(viewer: Annotated[Viewer, needs(Right.SIGNED_IN)]) -> SessionUser:
    """Return the signed-in user and their rights."""
    return session_user(viewer)


@router.delete("", status_code=204)
def end(
    viewer: Annotated[Viewer, needs(Right.SIGNED_IN)],
    request: Request,
    response: Response,
    context: ContextOf,
) -> None:
    """Sign out."""
    sign_out(context, session_cookie_of(request), viewer)
    response.delete_cookie(cookie_name(request), secure=request.url.scheme == "https")


def set_cookie(request: Request, response: Response, entered: Entered) -> None:
    """Set the session cookie: not readable by scripts and, behind TLS, not sent over plain HTTP."""
    response.set_cookie(
        cookie_name(request),
        entered.secret,
        max_age=int(SESSION_S),
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )


def session_user(viewer: Viewer) -> SessionUser:
    """What the API reports about `viewer`."""
    return SessionUser(
        viewer.name, viewer.role, sorted(viewer.rights), viewer.csrf, viewer.needs_second_factor
    )
