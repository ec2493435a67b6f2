"""Errors about rights, in the words that a log and the command line show."""

from __future__ import annotations

import aiokafka.errors
import kafka.errors
import pytest

from contracts.broker_errors import is_missing_right, told


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (kafka.errors.TopicAuthorizationFailedError({"b", "a"}), "WRITE on topic a, b;"),
        (aiokafka.errors.TopicAuthorizationFailedError("scores"), "WRITE on topic scores;"),
        (kafka.errors.GroupAuthorizationFailedError("g"), "READ on group g;"),
        (aiokafka.errors.TransactionalIdAuthorizationFailed("g-0"), "WRITE on transactional id g-0;"),
        (aiokafka.errors.TopicAuthorizationFailedError(), "WRITE on topic;"),
    ],
)
def test_a_missing_right_names_operation_and_resource(error: Exception, expected: str) -> None:
    assert is_missing_right(error)
    assert f"no right to {expected}" in told(error, "WRITE")


@pytest.mark.parametrize("error", [OSError(29, "Illegal seek"), aiokafka.errors.RequestTimedOutError()])
def test_other_errors_are_told_as_they_are(error: Exception) -> None:
    assert not is_missing_right(error)
    assert told(error) == repr(error)
