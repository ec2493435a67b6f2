"""Why a record of the control log is refused; a refused record changes nothing in force."""

from typing import ClassVar


class ControlRefused(Exception):
    """A record of the control log that is not applied; `cause` labels the metric."""

    cause: ClassVar[str]


class ForgedEntry(ControlRefused):
    """The signature does not fit, or there is none."""

    cause = "forged"


class TruncatedEntry(ControlRefused):
    """The record ends before its content does, or goes on after it."""

    cause = "truncated"


class OversizedEntry(ControlRefused):
    """The record is larger than any entry may be."""

    cause = "oversized"


class ReplayedEntry(ControlRefused):
    """The record was signed before the one in force, so it is an old one put in again."""

    cause = "replayed"


class UnknownKind(ControlRefused):
    """The record is of a kind that this version does not know."""

    cause = "unknown_kind"


class MalformedEntry(ControlRefused):
    """The signature fits, but the content is not what an entry of this kind holds."""

    cause = "malformed"


CAUSES = tuple(refusal.cause for refusal in ControlRefused.__subclasses__())


class ControlKeyError(ValueError):
    """The signing key is missing or unusable."""


class ControlLogUnavailable(Exception):
    """The control log cannot be read or written; the broker is away or the topic is missing."""
