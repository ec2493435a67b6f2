"""Results about signing in: who is signed in, and the ways to do it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SessionUser:
    """The signed-in user; `csrf` goes into the header X-CSRF-Token of changing requests."""

    name: str
    role: str
    rights: list[str]
    csrf: str


@dataclass(frozen=True)
class SignInWays:
    """The ways to sign in that a page can offer."""

    password: bool
    provider: bool
