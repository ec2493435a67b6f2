"""Sign-in: by password and code, by one-time link, by token."""

from console.access.attempt_limits import AttemptLimits
from console.access.passwords import is_password
from console.access.rights import RIGHT_OF_SCOPE, Scope
from console.access.second_factor import pass_code
from console.access.secrets import new_link_secret
from console.access.sessions import Entered, Sender, begin_session
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotSignedIn
from storage import UnitOfWork
from storage.api_tokens import digest_of
from storage.users import User
from storage.web_sessions import OneTimeLink

LINK_S = 3_600.0

_WRONG = "name or password is wrong"


def sign_in(context: ConsoleContext, name: str, password: str, code: str | None, sender: Sender) -> Entered:
    """Begin a session by password, and by a code if the user has a second factor.

    1. Count the try as failed and look the user up, in one short transaction. 2. Verify the password without
    a transaction: it takes 50 ms or more, and writers would wait. 3. Forget the failure and begin the
    session, or write the failure to the audit log. A stop after 1 or 2 leaves one counted try.

    A name that does not exist, a user of an OpenID provider and a wrong password get the same answer after
    the same work.

    Args:
        context: tools of the console.
        name: the name as it was typed.
        password: the password as it was typed.
        code: code of the user's authenticator app or a recovery code, if one was typed.
        sender: where the request comes from.

    Returns:
        The new session.

    Raises:
        NotSignedIn: name or password is wrong; the message does not say which. Or the password is right and
            the code is missing or wrong: then `where` is `code`.
        Locked: name or address must wait after wrong passwords.
        Busy: too many passwords are being verified.
    """
    now, limits = context.clock(), limits_of(context)
    with context.unit() as unit:
        try:
            limits.begin(unit, name, sender.address, now)
        finally:
            unit.commit()
        user = unit.users.by_name(name)
        hashed = user.password_hash if user is not None and user.subject is None else None
    right = is_password(hashed, password)
    with context.unit() as unit:
        user = unit.users.by_name(name)
        try:
            if user is None or not right or not user.active or user.password_hash != hashed:
                raise NotSignedIn(_WRONG, where="name, password")
            by = _by(context, unit, user, code, now)
        except NotSignedIn as error:
            _note_failure(unit, limits, name, sender.address, error.where, now)
            unit.commit()
            raise
        limits.succeed(unit, name, sender.address)
        entered = begin_session(unit, user, sender, now=now, by=by)
        unit.commit()
    return entered


def _by(
    context: ConsoleContext, unit: UnitOfWork, user: User, code: str | None, now: float
) -> dict[str, object]:
    """Check the second factor, if the user has one; return how they signed in, for the audit log."""
    factor = unit.second_factors.of(user.id)
    if factor is None or factor.confirmed_at is None:
        return {"by": "password"}
    if not code:
        raise NotSignedIn("enter the code that your authenticator app shows", where="code")
    return {"by": "password"} | pass_code(unit, context.seal, factor, code, now)


def limits_of(context: ConsoleContext) -> AttemptLimits:
    """The limits of tried passwords, from the settings."""
    console = context.settings.console
    return AttemptLimits(console.address_failures, 60.0 * console.address_minutes)


def sign_in_by_link(unit: UnitOfWork, secret: str, sender: Sender, *, now: float) -> Entered:
    """Begin a session by a one-time link.

    Raises:
        NotSignedIn: the link is unknown, already used, or expired.
    """
    user = unit.web_sessions.use_link(digest_of(secret), now=now)
    if user is None or not user.active:
        raise NotSignedIn("the link is unknown, already used, or expired", where="token")
    return begin_session(unit, user, sender, now=now, by={"by": "one-time link"})


def viewer_of_token(context: ConsoleContext, secret: str, *, address: str) -> Viewer | None:
    """Return the viewer of an API token, or None if it is unknown, expired or revoked."""
    with context.unit(reads_only=True) as unit:
        token = unit.tokens.find(digest_of(secret), now=context.clock())
    if token is None:
        return None
    rights = frozenset(RIGHT_OF_SCOPE[Scope(scope)] for scope in token.scopes)
    # The prefix tells tokens from users, in the audit log and under four eyes.
    return Viewer(f"token {token.name}", rights, address)


def one_time_link(unit: UnitOfWork, user: User, *, now: float) -> str:
    """Create a link that signs `user` in once within an hour, and return its secret."""
    secret = new_link_secret()
    unit.web_sessions.add(OneTimeLink(digest=digest_of(secret), user_id=user.id, expires_at=now + LINK_S))
    return secret


def _note_failure(
    unit: UnitOfWork, limits: AttemptLimits, name: str, address: str, where: str, now: float
) -> None:
    details: dict[str, object] = {"wrong": where}
    if limits.reached(unit, address, now):
        details["address_delayed_for_s"] = limits.window_s
    note(unit, Viewer(name, frozenset(), address), Act("sign in failed", name, after=details), now)
