"""The first sign-in: a one-time link for `admin`, printed when the console starts without users."""

from sqlalchemy import Engine

from console.access.rights import Role
from console.access.sign_in import one_time_link
from console.access.viewer import Viewer
from console.audit import Act, note
from storage import UnitOfWork
from storage.users import User

ADMIN = "admin"
_STARTER = Viewer("console", frozenset(), "the machine that the console runs on")


def link_for_admin(engine: Engine, *, now: float, always: bool) -> str | None:
    """Return the secret of a one-time link for `admin` if there is no user yet, or `always`; else None."""
    with UnitOfWork(engine) as unit:
        if unit.users.all() and not always:
            return None
        admin = unit.users.by_name(ADMIN)
        if admin is None:
            admin = unit.users.add(User(name=ADMIN, role=Role.ADMIN, created_at=now))
            note(unit, _STARTER, Act("add user", ADMIN, after={"role": Role.ADMIN}), now)
        secret = one_time_link(unit, admin, now=now)
        note(unit, _STARTER, Act("make one-time link", ADMIN), now)
        unit.commit()
    return secret


def address_of_link(address: str, secret: str) -> str:
    """Return the URL of a one-time link at a console that is served under `address`."""
    return f"{address}/api/v1/session/once?token={secret}"
