"""Causes for refusing a record of the control log; a refused record changes nothing in force."""

from typing import ClassVar


class ControlRefused(Exception):
    """A record of the control log that is not applied; `cause` labels the metric."""

    cause: ClassVar[str]


class ForgedEntry(ControlRefused):
    """The record has no signature, or not one of this key."""

    cause = "forged"


class TruncatedEntry(ControlRefused):
    """The record has fewer or more bytes than its lengths say."""

    cause = "truncated"


class OversizedEntry(ControlRefused):
    """The record is larger than any entry may be."""

    cause = "oversized"


class ReplayedEntry(ControlRefused):
    """The record was signed before the one in force: an old one was written to the topic again."""

    cause = "replayed"


class UnknownKind(ControlRefused):
    """This version does not know the record's kind."""

    cause = "unknown_kind"


class MalformedEntry(ControlRefused):
    """The record is signed, but its content is not that of an entry of its kind."""

    cause = "malformed"


CAUSES = tuple(refusal.cause for refusal in ControlRefused.__subclasses__())


class ControlLogUnavailable(Exception):
    """The control log cannot be read or written: the broker does not answer or the topic is missing."""
