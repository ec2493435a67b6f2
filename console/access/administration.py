"""Administration of users and API tokens."""

from __future__ import annotations

from typing import Any

from console.access.own_password import refuse_of_provider
from console.access.passwords import hash_password
from console.access.rights import Role, Scope
from console.access.secrets import new_secret
from console.access.sign_in import one_time_link
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import Invalid, NotFound, Refused
from console.results.administration import TokenCreated, TokenList, TokenRow, UserCreated, UserList, UserRow
from storage import UnitOfWork
from storage.api_tokens import ApiToken, digest_of
from storage.users import User

DAY_S = 86_400.0


def list_users(context: ConsoleContext) -> UserList:
    """Return every user, by name."""
    with context.unit(reads_only=True) as unit:
        confirmed = unit.second_factors.confirmed()
        rows = [_user(user, user.id in confirmed) for user in unit.users.all()]
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
    return UserCreated(_user(user, False), link)


def change_user(context: ConsoleContext, viewer: Viewer, user_id: int, changes: dict[str, Any]) -> UserRow:
    """Change role, password or access of a user, and end all their sessions.

    Args:
        context: tools of the console.
        viewer: who makes the change.
        user_id: the user to change.
        changes: any of `role`, `password` and `active`, and `remove_second_factor` for a lost phone.

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
            refuse_of_provider(user)
        before = {"role": user.role, "active": user.active}
        user.role = changes.get("role") or user.role
        user.active = user.active if changes.get("active") is None else bool(changes["active"])
        user.password_hash = hashed or user.password_hash
        _keep_an_admin(unit)
        unit.web_sessions.end_all_of(user.id)
        after = {"role": user.role, "active": user.active, "password": "set" if hashed else "as before"}
        if changes.get("remove_second_factor"):
            unit.second_factors.remove(user.id)
            after["second factor"] = "removed"
        note(unit, viewer, Act("change user", user.name, before, after), now)
        unit.commit()
        return _user(user, user.id in unit.second_factors.confirmed())


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


def _user(user: User, second_factor: bool) -> UserRow:
    by = "provider" if user.subject is not None else "password"
    return UserRow(user.id, user.name, user.role, user.active, by, second_factor, user.created_at)


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
