"""Errors of services, named by cause; `api/errors.py` maps them to status codes."""

from typing import Any


class ConsoleError(Exception):
    """A request cannot be done.

    Attributes:
        what: the problem, written for people.
        where: the field or place of the problem.
        allowed: allowed values.
    """

    def __init__(self, what: str, *, where: str = "", allowed: Any = "") -> None:
        super().__init__(what)
        self.what, self.where, self.allowed = what, where, allowed


class NotFound(ConsoleError):
    """The named thing does not exist."""


class Refused(ConsoleError):
    """The request conflicts with the current state."""


class Invalid(ConsoleError):
    """The request is invalid."""


class NotSignedIn(ConsoleError):
    """Cookie, token, name or password is unknown."""


class NotAllowed(ConsoleError):
    """The sender lacks the right."""


class Locked(ConsoleError):
    """Too many tries; the sender must wait.

    Attributes:
        wait_s: seconds until the next try is answered.
    """

    def __init__(self, what: str, *, wait_s: float, where: str = "", allowed: Any = "") -> None:
        super().__init__(what, where=where, allowed=allowed)
        self.wait_s = wait_s


class Busy(Locked):
    """The console has too much to do; the same request succeeds a moment later."""


class WorkerUnresponsive(ConsoleError):
    """The adaptation worker has not answered in time; it will process the request later."""
