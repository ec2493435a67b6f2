"""Results about signing in: who is signed in, and the ways to do it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SessionUser:
    """The signed-in user; `csrf` goes into the header X-CSRF-Token of changing requests.

    With `needs_second_factor` they may do nothing but set one up.
    """

    name: str
    role: str
    rights: list[str]
    csrf: str
    needs_second_factor: bool


@dataclass(frozen=True)
class SessionRow:
    """One session of the signed-in user; `here` marks the one that asks."""

    id: str
    here: bool
    address: str
    browser: str
    created_at: float
    last_seen_at: float


@dataclass(frozen=True)
class SessionList:
    """The sessions of the signed-in user."""

    total: int
    rows: list[SessionRow]


@dataclass(frozen=True)
class SecondFactorState:
    """The second factor of the signed-in user.

    Attributes:
        possible: whether the user can have one; users of a provider have theirs there.
        since: when it was confirmed, seconds since 1970; None if there is none.
        recovery_codes: recovery codes that are left.
    """

    possible: bool
    since: float | None
    recovery_codes: int


@dataclass(frozen=True)
class SecondFactorBegun:
    """A second factor to confirm: the secret in base32, and the address that a QR code holds."""

    secret: str
    address: str


@dataclass(frozen=True)
class RecoveryCodes:
    """Codes that replace the app once each; they are returned only here."""

    codes: list[str]


@dataclass(frozen=True)
class SignInWays:
    """The ways to sign in that a page can offer."""

    password: bool
    provider: bool
