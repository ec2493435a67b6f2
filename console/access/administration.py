"""Administration of users and API tokens."""

from __future__ import annotations

from typing import Any

from console.access.passwords import hash_password, is_password
from console.access.rights import Role, Scope
from console.access.secrets import digest_of, new_secret
from console.access.sign_in import limits_of, one_time_link
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import Invalid, NotFound, NotSignedIn, Refused
from console.results.administration import TokenCreated, TokenList, TokenRow, UserCreated, UserList, UserRow
from storage import UnitOfWork
from storage.api_tokens import ApiToken
from storage.users import User

DAY_S = 86_400.0


def list_users(context: ConsoleContext) -> UserList:
    """Return every user, by name."""
    with context.unit(reads_only=True) as unit:
        rows = [_user(user) for user in unit.users.all()]
    return UserList(len(rows), rows)


def add_user(
    context: ConsoleContext, viewer: Viewer, name: str, role: Role, password: str | None
) -> UserCreated:
    """Add a user; without a password, the result holds a one-time link.

    Raises:
        Refused: the name is taken.
    """
    now = context.clock()
    hashed = hash_password(password) if password else None
    with context.unit() as unit:
        if unit.users.by_name(name) is not None:
            raise Refused(f"user {name!r} already exists", where="name")
        user = unit.users.add(User(name=name, role=role, password_hash=hashed, created_at=now))
        link = None if password else one_time_link(unit, user, now=now)
        note(unit, viewer, Act("add user", name, after={"role": role}), now)
        unit.commit()
    return UserCreated(_user(user), link)


def change_user(context: ConsoleContext, viewer: Viewer, user_id: int, changes: dict[str, Any]) -> UserRow:
    """Change role, password or access of a user, and end all their sessions.

    Args:
        context: tools of the console.
        viewer: who makes the change.
        user_id: the user to change.
        changes: any of `role`, `password` and `active`.

    Raises:
        NotFound: no such user.
        Refused: no active administrator would remain, or the user signs in through a provider.
    """
    now, password = context.clock(), changes.get("password")
    hashed = hash_password(password) if password else None
    with context.unit() as unit:
        user = unit.users.get(user_id)
        if user is None:
            raise NotFound(f"no user {user_id}", where="id")
        if hashed is not None:
            _refuse_of_provider(user)
        before = {"role": user.role, "active": user.active}
        user.role = changes.get("role") or user.role
        user.active = user.active if changes.get("active") is None else bool(changes["active"])
        user.password_hash = hashed or user.password_hash
        _keep_an_admin(unit)
        unit.web_sessions.end_all_of(user.id)
        after = {"role": user.role, "active": user.active, "password": "set" if hashed else "as before"}
        note(unit, viewer, Act("change user", user.name, before, after), now)
        unit.commit()
        return _user(user)


def change_own_password(context: ConsoleContext, viewer: Viewer, old: str, new: str) -> None:
    """Change the viewer's own password, and end all their sessions.

    A wrong current password counts like a failed sign-in, so a stolen session cannot be used to guess it. The
    hashes are computed without a transaction, because writers would wait.

    Raises:
        NotSignedIn: the current password is wrong.
        Locked: there were too many wrong passwords.
        Refused: the user signs in through an OpenID provider.
    """
    stored = _checked_own_password(context, viewer, old)
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


def _checked_own_password(context: ConsoleContext, viewer: Viewer, old: str) -> str | None:
    """Return the stored hash if `old` is its password, or if the user has none yet after a one-time link."""
    now = context.clock()
    with context.unit() as unit:
        user = unit.users.get(viewer.user_id or 0)
        if user is None:
            raise NotSignedIn("your user no longer exists", where="session")
        _refuse_of_provider(user)
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


def _refuse_of_provider(user: User) -> None:
    """A password would let a user in whom the provider no longer lets in."""
    if user.subject is not None:
        raise Refused(
            f"{user.name} signs in through the OpenID provider and has no password", where="password"
        )


def list_tokens(context: ConsoleContext) -> TokenList:
    """Return every token, newest first."""
    with context.unit(reads_only=True) as unit:
        rows = [_token(token) for token in unit.tokens.all()]
    return TokenList(len(rows), rows)


def add_token(
    context: ConsoleContext, viewer: Viewer, name: str, scopes: list[Scope], days: float | None
) -> TokenCreated:
    """Create a token that expires after `days`; None never expires.

    Raises:
        Refused: the name is taken.
        Invalid: there is no scope.
    """
    now, secret = context.clock(), new_secret()
    chosen = sorted({str(scope) for scope in scopes})
    if not chosen:
        raise Invalid("a token needs at least one scope", where="scopes", allowed=[*Scope])
    with context.unit() as unit:
        if unit.tokens.by_name(name) is not None:
            raise Refused(f"token {name!r} already exists", where="name")
        token = unit.tokens.add(
            ApiToken(
                name=name,
                digest=digest_of(secret),
                scopes=chosen,
                author=viewer.name,
                created_at=now,
                expires_at=None if days is None else now + days * DAY_S,
            )
        )
        note(unit, viewer, Act("add token", name, after={"scopes": chosen, "days": days}), now)
        unit.commit()
    return TokenCreated(secret, _token(token))


def revoke_token(context: ConsoleContext, viewer: Viewer, token_id: int) -> None:
    """Revoke a token; repeating it changes nothing.

    Raises:
        NotFound: no such token.
    """
    now = context.clock()
    with context.unit() as unit:
        token = unit.tokens.get(token_id)
        if token is None:
            raise NotFound(f"no token {token_id}", where="id")
        if token.revoked_at is None:
            token.revoked_at = now
            note(unit, viewer, Act("revoke token", token.name), now)
            unit.commit()


def _keep_an_admin(unit: UnitOfWork) -> None:
    unit.session.flush()
    if not any(one.active and one.role == Role.ADMIN for one in unit.users.all()):
        raise Refused("at least one active administrator must remain", where="role, active")


def _user(user: User) -> UserRow:
    by = "provider" if user.subject is not None else "password"
    return UserRow(user.id, user.name, user.role, user.active, by, user.created_at)


def _token(token: ApiToken) -> TokenRow:
    return TokenRow(
        token.id,
        token.name,
        list(token.scopes),
        token.author,
        token.created_at,
        token.expires_at,
        token.revoked_at,
    )
