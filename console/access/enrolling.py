"""How users set up, use and remove their own second factor."""

from __future__ import annotations

from console.access.own_password import checked_own_password
from console.access.second_factor import (
    address_of_factor,
    new_factor_secret,
    new_recovery_codes,
    pass_code,
    step_of_code,
)
from console.access.sign_in import limits_of
from console.access.viewer import Viewer
from console.audit import Act, note
from console.context import ConsoleContext
from console.errors import Invalid, NotFound, NotSignedIn, Refused
from console.results.session import RecoveryCodes, SecondFactorBegun, SecondFactorState
from storage import UnitOfWork
from storage.api_tokens import digest_of
from storage.second_factors import SecondFactor


def own_second_factor(context: ConsoleContext, viewer: Viewer) -> SecondFactorState:
    """Return whether the viewer has a second factor, and how many recovery codes are left."""
    with context.unit(reads_only=True) as unit:
        user = unit.users.get(viewer.user_id or 0)
        factor = _confirmed(unit, viewer)
        left = unit.second_factors.codes_left(viewer.user_id or 0) if factor else 0
    possible = user is not None and user.password_hash is not None and user.subject is None
    return SecondFactorState(possible, factor.confirmed_at if factor else None, left)


def begin_second_factor(context: ConsoleContext, viewer: Viewer, password: str) -> SecondFactorBegun:
    """Make a secret for an authenticator app; the factor counts once a code confirms it.

    Raises:
        NotSignedIn: the password is wrong.
        Refused: the viewer has a second factor, has no password, or signs in through a provider.
    """
    if checked_own_password(context, viewer, password) is None:
        raise Refused("set a password first", where="password")
    secret, user_id, now = new_factor_secret(), viewer.user_id or 0, context.clock()
    with context.unit() as unit:
        if _confirmed(unit, viewer) is not None:
            raise Refused("you have a second factor: remove it first", where="second factor")
        limits_of(context).succeed(unit, viewer.name, viewer.address)
        sealed = context.seal.close(secret)
        unit.second_factors.begin(
            SecondFactor(user_id=user_id, sealed_secret=sealed, last_step=0, created_at=now)
        )
        note(unit, viewer, Act("begin second factor", viewer.name), now)
        unit.commit()
    return SecondFactorBegun(secret, address_of_factor(secret, viewer.name))


def confirm_second_factor(context: ConsoleContext, viewer: Viewer, code: str, secret: str) -> RecoveryCodes:
    """Confirm the factor with a code of the app, return recovery codes, and end all other sessions.

    Args:
        context: tools of the console.
        viewer: whose factor it is.
        code: what the app shows.
        secret: the cookie of the current session, which stays.

    Raises:
        NotFound: no factor waits for a code.
        Invalid: the code is wrong.
    """
    now, codes = context.clock(), new_recovery_codes()
    with context.unit() as unit:
        factor = unit.second_factors.of(viewer.user_id or 0)
        if factor is None or factor.confirmed_at is not None:
            raise NotFound("no second factor waits for a code", where="code")
        step = step_of_code(context.seal.open(factor.sealed_secret), "".join(code.split()), after=0, now=now)
        if step is None:
            raise Invalid("the code is wrong: check the clock of your phone", where="code")
        factor.last_step, factor.confirmed_at = step, now
        unit.second_factors.add_codes(factor.user_id, [digest_of(one) for one in codes])
        unit.web_sessions.end_all_of(factor.user_id, but=digest_of(secret))
        note(unit, viewer, Act("confirm second factor", viewer.name), now)
        unit.commit()
    return RecoveryCodes(codes)


def remove_second_factor(context: ConsoleContext, viewer: Viewer, code: str) -> None:
    """Remove the viewer's second factor; it takes a code of the app or a recovery code.

    Raises:
        NotFound: the viewer has none.
        NotSignedIn: the code is wrong.
    """
    now = context.clock()
    with context.unit() as unit:
        factor = _confirmed(unit, viewer)
        if factor is None:
            raise NotFound("you have no second factor", where="second factor")
        try:
            pass_code(unit, context.seal, factor, code, now)
        except NotSignedIn:
            note(unit, viewer, Act("remove second factor failed", viewer.name), now)
            unit.commit()  # keeps the count of wrong codes
            raise
        unit.second_factors.remove(factor.user_id)
        note(unit, viewer, Act("remove second factor", viewer.name), now)
        unit.commit()


def _confirmed(unit: UnitOfWork, viewer: Viewer) -> SecondFactor | None:
    factor = unit.second_factors.of(viewer.user_id or 0)
    return factor if factor is not None and factor.confirmed_at is not None else None
