"""A user's own password: change it, and check it before a change that a stolen session must not make."""

from __future__ import annotations

from console.access.passwords import hash_password, is_password
from console.access.sign_in import limits_of
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import NotSignedIn, Refused
from storage.users import User


def change_own_password(context: ConsoleContext, viewer: Viewer, old: str, new: str) -> None:
    """Change the viewer's own password, and end all their sessions.

    A wrong current password counts like a failed sign-in, so a stolen session cannot be used to guess it. The
    hashes are computed without a transaction, because writers would wait.

    Raises:
        NotSignedIn: the current password is wrong.
        Locked: there were too many wrong passwords.
        Refused: the user signs in through an OpenID provider.
    """
    stored = checked_own_password(context, viewer, old)
    hashed = hash_password(new)
    with context.unit() as unit:
        user = unit.users.get(viewer.user_id or 0)
        if user is None or user.password_hash != stored:
            raise Refused("the password was changed meanwhile", where="old")
        user.password_hash = hashed
        limits_of(context).succeed(unit, user.name, viewer.address)
        unit.web_sessions.end_all_of(user.id)
        note(unit, viewer, Act("change own password", user.name), context.clock())
        unit.commit()


def checked_own_password(context: ConsoleContext, viewer: Viewer, old: str) -> str | None:
    """Return the stored hash if `old` is its password, or if the user has none yet after a one-time link.

    The caller forgets the counted try (`AttemptLimits.succeed`) in the transaction of its change.

    Raises:
        NotSignedIn: the password is wrong.
        Locked: there were too many wrong passwords.
        Refused: the user signs in through an OpenID provider.
    """
    now = context.clock()
    with context.unit() as unit:
        user = unit.users.get(viewer.user_id or 0)
        if user is None:
            raise NotSignedIn("your user no longer exists", where="session")
        refuse_of_provider(user)
        try:
            limits_of(context).begin(unit, user.name, viewer.address, now)
        finally:
            unit.commit()
        stored = user.password_hash
    if stored is not None and not is_password(stored, old):
        with context.unit() as unit:
            note(unit, viewer, Act("change own password failed", viewer.name), now)
            unit.commit()
        raise NotSignedIn("the current password is wrong", where="old")
    return stored


def refuse_of_provider(user: User) -> None:
    """A password would let a user in whom the provider no longer lets in."""
    if user.subject is not None:
        raise Refused(
            f"{user.name} signs in through the OpenID provider and has no password", where="password"
        )
