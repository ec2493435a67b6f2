"""Words an error of either Kafka library: a missing right is named, and how to give it."""

from __future__ import annotations

# Error codes of the Kafka protocol.
TOPIC, GROUP, CLUSTER, TRANSACTIONAL_ID = 29, 30, 31, 53
_NAMES = {TOPIC: "topic", GROUP: "group", CLUSTER: "the cluster", TRANSACTIONAL_ID: "transactional id"}
_OPERATIONS = {GROUP: "READ", TRANSACTIONAL_ID: "WRITE"}


def is_missing_right(error: BaseException) -> bool:
    """Return whether the broker refused because the user lacks a right."""
    return isinstance(_number(error), int)


def told(error: BaseException, operation: str = "READ") -> str:
    """Return what went wrong, for a log line or an error.

    Args:
        error: an error of aiokafka or kafka-python.
        operation: what was done with the topic, READ or WRITE; an attribute of the error by this name counts
            more.

    Returns:
        The missing right by name, or the error as the library prints it.

    Example:
        >>> from kafka.errors import TopicAuthorizationFailedError
        >>> told(TopicAuthorizationFailedError({"alerts"}))
        'no right to READ on topic alerts; `flagfive acls` prints the rights that each process needs'
        >>> told(TimeoutError("late"))
        "TimeoutError('late')"
    """
    number = _number(error)
    if number is None:
        return repr(error)
    operation = getattr(error, "operation", _OPERATIONS.get(number, operation))
    named = " ".join((_NAMES[number], *_resources(error)))
    return f"no right to {operation} on {named}; `flagfive acls` prints the rights that each process needs"


def _number(error: BaseException) -> int | None:
    number = getattr(error, "errno", None)
    return number if isinstance(number, int) and number in _NAMES and not isinstance(error, OSError) else None


def _resources(error: BaseException) -> list[str]:
    """Return the names that the library put into the error; it uses a name or a set of names."""
    names = error.args[0] if error.args else ()
    found = [names] if isinstance(names, str) else sorted(names) if isinstance(names, set | frozenset) else []
    return [", ".join(found)] if found else []
