"""Routes by which users manage their own access: password, sessions, second factor."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from console.access import enrolling, sessions
from console.access.own_password import change_own_password
from console.access.passwords import FEWEST_CHARACTERS, MOST_CHARACTERS
from console.access.rights import Right
from console.access.viewer import Viewer
from console.api.viewing import ContextOf, needs, session_cookie_of
from console.results.session import RecoveryCodes, SecondFactorBegun, SecondFactorState, SessionList

router = APIRouter(tags=["session"])

SignedIn = Annotated[Viewer, needs(Right.SIGNED_IN)]
Code = Annotated[str, Field(min_length=6, max_length=40, description="six digits, or a recovery code")]


class PasswordChange(BaseModel):
    """The current password, empty if none is set, and the new one."""

    old: str = Field("", max_length=MOST_CHARACTERS)
    new: str = Field(min_length=FEWEST_CHARACTERS, max_length=MOST_CHARACTERS)


class OwnPassword(BaseModel):
    """The current password."""

    password: str = Field(min_length=1, max_length=MOST_CHARACTERS)


class OwnCode(BaseModel):
    """A code of the authenticator app, or a recovery code where one is accepted."""

    code: Code


@router.post("/session/password", status_code=204)
def change_password(viewer: SignedIn, context: ContextOf, change: PasswordChange) -> None:
    """Change your own password; all your sessions end."""
    change_own_password(context, viewer, change.old, change.new)


@router.get("/sessions")
def list_sessions(viewer: SignedIn, request: Request, context: ContextOf) -> SessionList:
    """List your sessions, the one last used first."""
    return sessions.own_sessions(context, viewer, session_cookie_of(request))


@router.delete("/sessions", status_code=204)
def end_other_sessions(viewer: SignedIn, request: Request, context: ContextOf) -> None:
    """End all your sessions but this one."""
    sessions.end_other_sessions(context, viewer, session_cookie_of(request))


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(
    viewer: SignedIn, context: ContextOf, session_id: Annotated[str, Path(pattern="^[0-9a-f]{16}$")]
) -> None:
    """End one of your sessions."""
    sessions.end_own_session(context, viewer, session_id)


@router.get("/session/second-factor")
def second_factor(viewer: SignedIn, context: ContextOf) -> SecondFactorState:
    """Return whether you have a second factor."""
    return enrolling.own_second_factor(context, viewer)


@router.post("/session/second-factor", status_code=201)
def begin(viewer: SignedIn, context: ContextOf, own: OwnPassword) -> SecondFactorBegun:
    """Begin a second factor; it counts once a code confirms it."""
    return enrolling.begin_second_factor(context, viewer, own.password)


@router.post("/session/second-factor/confirm")
def confirm(viewer: SignedIn, request: Request, context: ContextOf, own: OwnCode) -> RecoveryCodes:
    """Confirm the second factor with a code; the answer holds recovery codes. Your other sessions end."""
    return enrolling.confirm_second_factor(context, viewer, own.code, session_cookie_of(request))


@router.post("/session/second-factor/remove", status_code=204)
def remove(viewer: SignedIn, context: ContextOf, own: OwnCode) -> None:
    """Remove your second factor with a code of the app or a recovery code."""
    enrolling.remove_second_factor(context, viewer, own.code)
