"""What can go wrong in a service, named by cause; `api/errors.py` gives each its status code."""

from typing import Any


class ConsoleError(Exception):
    """Something that was asked for cannot be done: what, where in the request, and what is allowed."""

    def __init__(self, what: str, *, where: str = "", allowed: Any = "") -> None:
        super().__init__(what)
        self.what, self.where, self.allowed = what, where, allowed


class NotFound(ConsoleError):
    """There is no such thing."""


class Refused(ConsoleError):
    """It contradicts what is stored or in force; the request may be right another time."""


class Invalid(ConsoleError):
    """The request itself is wrong."""


class NotSignedIn(ConsoleError):
    """Nobody is known by this cookie, token, name or password."""


class NotAllowed(ConsoleError):
    """They are known, and have no right to it."""


class Locked(ConsoleError):
    """Too many wrong passwords; some time must pass."""


class WorkerUnresponsive(ConsoleError):
    """The adaptation worker has not answered in time; the request stands and will be worked."""
