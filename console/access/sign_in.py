"""Sign-in and sign-out: password, one-time link, session, token."""

from dataclasses import dataclass

from console.access.attempt_limits import AttemptLimits
from console.access.passwords import is_password
from console.access.rights import RIGHT_OF_SCOPE, Scope
from console.access.secrets import digest_of, new_link_secret, new_secret
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotSignedIn
from storage import UnitOfWork
from storage.users import User
from storage.web_sessions import OneTimeLink, WebSession

SESSION_S = 12 * 3_600.0
"""A working day with breaks; a session ends then, also while it is in use."""
LINK_S = 3_600.0

_WRONG = "name or password is wrong"


@dataclass(frozen=True)
class Entered:
    """A new session: the secret for the cookie, and its viewer."""

    secret: str
    viewer: Viewer


def sign_in(context: ConsoleContext, name: str, password: str, *, address: str) -> Entered:
    """Begin a session by password.

    1. Count the try as failed and look the user up, in one short transaction. 2. Verify the password without
    a transaction: it takes 50 ms or more, and writers would wait. 3. Forget the failure and begin the
    session, or write the failure to the audit log. A stop after 1 or 2 leaves one counted try.

    A name that does not exist, a user of an OpenID provider and a wrong password get the same answer after
    the same work.

    Args:
        context: tools of the console.
        name: the name as it was typed.
        password: the password as it was typed.
        address: address of the sender.

    Returns:
        The new session.

    Raises:
        NotSignedIn: name or password is wrong; the message does not say which.
        Locked: name or address must wait after wrong passwords.
        Busy: too many passwords are being verified.
    """
    now, limits = context.clock(), limits_of(context)
    with context.unit() as unit:
        try:
            limits.begin(unit, name, address, now)
        finally:
            unit.commit()
        user = unit.users.by_name(name)
        hashed = user.password_hash if user is not None and user.subject is None else None
    right = is_password(hashed, password)
    with context.unit() as unit:
        user = unit.users.by_name(name)
        if user is None or not right or not user.active or user.password_hash != hashed:
            _note_failure(unit, limits, name, address, now)
            unit.commit()
            raise NotSignedIn(_WRONG, where="name, password")
        limits.succeed(unit, name, address)
        entered = begin_session(unit, user, address=address, now=now, by="password")
        unit.commit()
    return entered


def limits_of(context: ConsoleContext) -> AttemptLimits:
    """The limits of tried passwords, from the settings."""
    console = context.settings.console
    return AttemptLimits(console.address_failures, 60.0 * console.address_minutes)


def sign_in_by_link(unit: UnitOfWork, secret: str, *, address: str, now: float) -> Entered:
    """Begin a session by a one-time link.

    Raises:
        NotSignedIn: the link is unknown, already used, or expired.
    """
    user = unit.web_sessions.use_link(digest_of(secret), now=now)
    if user is None or not user.active:
        raise NotSignedIn("the link is unknown, already used, or expired", where="token")
    return begin_session(unit, user, address=address, now=now, by="one-time link")


def begin_session(unit: UnitOfWork, user: User, *, address: str, now: float, by: str) -> Entered:
    """Begin a session of `user`, and delete all expired sessions."""
    unit.web_sessions.delete_expired(now=now)
    secret, csrf = new_secret(), new_secret()
    unit.web_sessions.add(
        WebSession(
            digest=digest_of(secret),
            user_id=user.id,
            csrf=csrf,
            address=address,
            created_at=now,
            expires_at=now + SESSION_S,
        )
    )
    viewer = Viewer.person(user.id, user.name, user.role, csrf, address)
    note(unit, viewer, Act("sign in", user.name, after={"by": by}), now)
    return Entered(secret, viewer)


def viewer_of_session(unit: UnitOfWork, secret: str, *, address: str, now: float) -> Viewer | None:
    """Return the viewer of a session, or None if it is unknown or expired."""
    found = unit.web_sessions.find(digest_of(secret), now=now)
    if found is None:
        return None
    session, user = found
    return Viewer.person(user.id, user.name, user.role, session.csrf, address)


def viewer_of_token(unit: UnitOfWork, secret: str, *, address: str, now: float) -> Viewer | None:
    """Return the viewer of an API token, or None if it is unknown, expired or revoked."""
    token = unit.tokens.find(digest_of(secret), now=now)
    if token is None:
        return None
    rights = frozenset(RIGHT_OF_SCOPE[Scope(scope)] for scope in token.scopes)
    # The prefix tells tokens from users, in the audit log and under four eyes.
    return Viewer(f"token {token.name}", rights, address)


def sign_out(unit: UnitOfWork, secret: str, viewer: Viewer, *, now: float) -> None:
    """End the session."""
    unit.web_sessions.end(digest_of(secret))
    note(unit, viewer, Act("sign out", viewer.name), now)


def one_time_link(unit: UnitOfWork, user: User, *, now: float) -> str:
    """Create a link that signs `user` in once within an hour, and return its secret."""
    secret = new_link_secret()
    unit.web_sessions.add(OneTimeLink(digest=digest_of(secret), user_id=user.id, expires_at=now + LINK_S))
    return secret


def _note_failure(unit: UnitOfWork, limits: AttemptLimits, name: str, address: str, now: float) -> None:
    reached = limits.reached(unit, address, now)
    details = {"address_delayed_for_s": limits.window_s} if reached else {}
    note(unit, Viewer(name, frozenset(), address), Act("sign in failed", name, after=details), now)
