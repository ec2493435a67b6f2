"""Asks the cluster which rights of a process its user lacks; nothing is written and no one is fenced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from contracts.broker_errors import TOPIC as NO_RIGHT_ON_TOPIC
from contracts.broker_errors import is_missing_right
from flagfive.new_cluster import once_coordinated
from flagfive.rights import GROUP, TOPIC, Right


def missing_rights(admin: KafkaAdminClient, rights: Iterable[Right]) -> list[str]:
    """Return the rights that the user of `admin` lacks.

    The cluster lists allowed operations of topics and groups. Of a transactional id it only shows whether the
    user may describe it, which the right to write includes. A topic that does not exist counts as allowed.

    Args:
        admin: client of the cluster, connected as the user in question.
        rights: what the user needs.

    Returns:
        One entry a right, such as `WRITE on topic scores`.

    Raises:
        KafkaError: the broker does not answer.
    """
    missing = []
    for right in rights:
        for name in right.names:
            allowed = _allowed(admin, right, name)
            lacking = [operation for operation in right.operations if operation not in allowed]
            named = f"{name}*" if right.prefix else name
            missing += [f"{operation} on {right.kind} {named}" for operation in lacking]
    return missing


def _allowed(admin: KafkaAdminClient, right: Right, name: str) -> set[str]:
    try:
        if right.kind == TOPIC:
            return _of_topic(admin.describe_topics([name])[0], right)
        if right.kind == GROUP:
            groups = once_coordinated(
                lambda: admin.describe_groups([name], include_authorized_operations=True)
            )
            return set(groups[name]["authorized_operations"] or ())
        once_coordinated(lambda: admin.describe_transactions([f"{name}0"]))
    except KafkaError as error:
        if is_missing_right(error):
            return set()
        if right.kind in (TOPIC, GROUP):
            raise
    return set(right.operations)  # the transactional id may be described, or is not in use yet


def _of_topic(described: dict[str, Any], right: Right) -> set[str]:
    if described["error_code"] == NO_RIGHT_ON_TOPIC:
        return set()
    return set(described["authorized_operations"] or right.operations)
