"""Sign-in and sign-out: password with lock-out, one-time link, session, token."""

from dataclasses import dataclass

from console.access.address_limit import AddressLimit
from console.access.passwords import is_password
from console.access.rights import RIGHT_OF_SCOPE, Scope
from console.access.secrets import digest_of, new_link_secret, new_secret
from console.access.viewer import Viewer
from console.audit import Act, note
from console.errors import Locked, NotSignedIn
from storage import UnitOfWork
from storage.users import User
from storage.web_sessions import OneTimeLink, WebSession

FAILURES_ALLOWED = 5
LOCKED_S = 900.0
SESSION_S = 12 * 3_600.0
"""A working day with breaks; a session ends then, also while it is in use."""
LINK_S = 3_600.0

_WRONG = "name or password is wrong"


@dataclass(frozen=True)
class Entered:
    """A new session: the secret for the cookie, and its viewer."""

    secret: str
    viewer: Viewer


def sign_in(
    unit: UnitOfWork, name: str, password: str, *, address: str, now: float, limit: AddressLimit
) -> Entered:
    """Begin a session by password.

    Failures are counted in `unit`, so the caller must commit also after an error.

    Raises:
        NotSignedIn: name or password is wrong; the message does not say which.
        Locked: user or address has sent too many wrong passwords.
    """
    limit.check(unit, address, now)  # before the hash, which takes 50 ms
    user = unit.users.by_name(name)
    locked = user is not None and user.locked_until is not None and user.locked_until > now
    # Always verified: the response time must not show whether the user exists.
    right = is_password(user.password_hash if user else None, password)
    if user is not None and locked:
        raise Locked(f"too many wrong passwords: locked for {LOCKED_S / 60:.0f} minutes", where="name")
    if user is None or not right or not user.active:
        _count_failure(unit, user, name, address, now, limit)
        raise NotSignedIn(_WRONG, where="name, password")
    user.failures, user.locked_until = 0, None
    return begin_session(unit, user, address=address, now=now, by="password")


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


def _count_failure(
    unit: UnitOfWork, user: User | None, name: str, address: str, now: float, limit: AddressLimit
) -> None:
    signed_out = Viewer(name, frozenset(), address)
    details: dict[str, object] = {}
    if user is not None:
        user.failures += 1
        details["failures"] = user.failures
        if user.failures >= FAILURES_ALLOWED:
            user.failures, user.locked_until = 0, now + LOCKED_S
            details["locked_for_s"] = LOCKED_S
    if limit.add(unit, address, now):
        details["address_locked_for_s"] = limit.window_s
    note(unit, signed_out, Act("sign in failed", name, after=details), now)
