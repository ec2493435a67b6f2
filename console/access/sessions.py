"""Sessions of signed-in users: begin, check, list and end."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from console.access.secrets import new_secret
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotFound
from console.results.session import SessionList, SessionRow
from storage import StorageUnavailable, UnitOfWork
from storage.api_tokens import digest_of
from storage.users import User
from storage.web_sessions import WebSession

SESSION_S = 12 * 3_600.0
"""A working day with breaks; a session ends then, also while it is in use."""
NOTED_EVERY_S = 60.0
"""A session's last use is written at most this often, so that reading stays without writes."""
_ID_DIGITS = 16
"""Digits of the digest that name a session; they do not lead back to its secret."""


@dataclass(frozen=True)
class Sender:
    """Where a request comes from: address, and the name that the browser gives itself."""

    address: str
    browser: str = ""


@dataclass(frozen=True)
class Entered:
    """A new session: the secret for the cookie, and its viewer."""

    secret: str
    viewer: Viewer


def begin_session(
    unit: UnitOfWork, user: User, sender: Sender, *, now: float, by: dict[str, object]
) -> Entered:
    """Begin a session of `user`, and delete all expired sessions; `by` says how they signed in."""
    unit.web_sessions.delete_expired(now=now)
    secret, csrf = new_secret(), new_secret()
    unit.web_sessions.add(
        WebSession(
            digest=digest_of(secret),
            user_id=user.id,
            csrf=csrf,
            address=sender.address,
            browser=sender.browser,
            created_at=now,
            last_seen_at=now,
            expires_at=now + SESSION_S,
        )
    )
    viewer = Viewer.person(user.id, user.name, user.role, csrf, sender.address)
    note(unit, viewer, Act("sign in", user.name, after=by), now)
    return Entered(secret, viewer)


def viewer_of_session(
    context: ConsoleContext, secret: str, *, address: str, attended: bool = False
) -> Viewer | None:
    """Return the viewer of a session, or None if it is unknown, expired or was idle too long.

    Args:
        context: tools of the console.
        secret: the cookie.
        address: address of the sender.
        attended: whether a person caused the request; a page's own timers do not keep a session awake.
    """
    now, digest = context.clock(), digest_of(secret)
    with context.unit(reads_only=True) as unit:
        found = unit.web_sessions.find(digest, now=now, idle_s=_idle_s(context))
        if found is None:
            return None
        session, user = found
        lacking = _lacks_second_factor(context, unit, user)
    if attended and now - session.last_seen_at >= NOTED_EVERY_S:
        with suppress(StorageUnavailable), context.unit() as unit:  # the next request tries again
            unit.web_sessions.touch(digest, now=now)
            unit.commit()
    viewer = Viewer.person(user.id, user.name, user.role, session.csrf, address)
    return viewer.before_second_factor() if lacking else viewer


def _lacks_second_factor(context: ConsoleContext, unit: UnitOfWork, user: User) -> bool:
    """Whether the settings require a second factor that this user has not set up; a provider has its own."""
    if context.settings.console.second_factor == "optional" or user.subject is not None:
        return False
    factor = unit.second_factors.of(user.id)
    return factor is None or factor.confirmed_at is None


def sign_out(context: ConsoleContext, secret: str, viewer: Viewer) -> None:
    """End the viewer's session."""
    with context.unit() as unit:
        unit.web_sessions.end(digest_of(secret))
        note(unit, viewer, Act("sign out", viewer.name), context.clock())
        unit.commit()


def own_sessions(context: ConsoleContext, viewer: Viewer, secret: str) -> SessionList:
    """List the viewer's sessions, the one last used first; `secret` is the cookie of the current one."""
    now, here = context.clock(), digest_of(secret)
    with context.unit(reads_only=True) as unit:
        found = unit.web_sessions.of_user(viewer.user_id or 0, now=now, idle_s=_idle_s(context))
    rows = [
        SessionRow(
            one.digest[:_ID_DIGITS],
            one.digest == here,
            one.address,
            one.browser,
            one.created_at,
            one.last_seen_at,
        )
        for one in found
    ]
    return SessionList(len(rows), rows)


def end_own_session(context: ConsoleContext, viewer: Viewer, session_id: str) -> None:
    """End one of the viewer's sessions.

    Raises:
        NotFound: the viewer has no such session.
    """
    with context.unit() as unit:
        found = unit.web_sessions.of_user(viewer.user_id or 0, now=context.clock(), idle_s=_idle_s(context))
        ended = next((one for one in found if one.digest[:_ID_DIGITS] == session_id), None)
        if ended is None:
            raise NotFound(f"you have no session {session_id}", where="id")
        unit.web_sessions.end(ended.digest)
        note(
            unit, viewer, Act("end session", viewer.name, before={"address": ended.address}), context.clock()
        )
        unit.commit()


def end_other_sessions(context: ConsoleContext, viewer: Viewer, secret: str) -> None:
    """End all sessions of the viewer but the current one, whose cookie is `secret`."""
    with context.unit() as unit:
        unit.web_sessions.end_all_of(viewer.user_id or 0, but=digest_of(secret))
        note(unit, viewer, Act("end other sessions", viewer.name), context.clock())
        unit.commit()


def _idle_s(context: ConsoleContext) -> float:
    return 60.0 * context.settings.console.idle_minutes
