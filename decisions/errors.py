"""Why a request gets no decision, named by cause; `http/application.py` maps each to a status code."""

from __future__ import annotations


class Refusal(Exception):
    """A request that is refused.

    Attributes:
        what: the problem, written for people; never a value of the request.
        where: the field or place of the problem.
        allowed: allowed values.
    """

    def __init__(self, what: str, *, where: str = "", allowed: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.allowed = what, where, allowed


class Invalid(Refusal):
    """The transaction is invalid."""


class Conflict(Refusal):
    """The id belongs to another transaction."""


class NotSignedIn(Refusal):
    """The token is missing, unknown, revoked or expired."""


class NotAllowed(Refusal):
    """The token lacks the scope."""


class NotFound(Refusal):
    """There is nothing at this path."""


class WrongMethod(Refusal):
    """The path has no such method."""


class TooLarge(Refusal):
    """The body has more bytes than allowed."""


class TooSlow(Refusal):
    """The body did not arrive in time."""


class Unavailable(Refusal):
    """The gateway cannot check the token now."""


class Overloaded(Refusal):
    """More transactions wait for a score than the scorer can answer in time."""
