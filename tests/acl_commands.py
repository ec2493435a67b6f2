"""Carries out the commands that `flagfive acls` prints, as kafka-acls.sh would."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterable

from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourceType,
)

from flagfive.cluster import administrator
from settings import BrokerSettings

KINDS = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactional_id": ResourceType.TRANSACTIONAL_ID,
}
# kafka-acls.sh writes DescribeConfigs where the protocol writes DESCRIBE_CONFIGS.
OPERATIONS = {one.name.replace("_", "").lower(): one for one in ACLOperation}


def apply(admin: BrokerSettings, commands: Iterable[str], leave_out: str = "") -> None:
    """Carry out printed commands on the broker, except for the resource `leave_out`; # begins a comment."""
    rules = [rule for line in commands if not line.startswith("#") for rule in rules_of(line)]
    with administrator(admin) as client:
        client.create_acls([rule for rule in rules if rule.resource_pattern.resource_name != leave_out])


def rules_of(line: str) -> list[ACL]:
    """Return the rules that one command adds; an unknown option fails, as in kafka-acls.sh."""
    tool, *words = shlex.split(line)
    assert tool == "kafka-acls.sh", line
    parser = argparse.ArgumentParser()
    for option in ("--bootstrap-server", "--command-config", "--allow-principal"):
        parser.add_argument(option, required=True)
    parser.add_argument("--add", action="store_true", required=True)
    parser.add_argument("--resource-pattern-type", default="literal")
    for option in ("--operation", "--topic", "--group", "--transactional-id"):
        parser.add_argument(option, action="append", default=[])
    chosen = parser.parse_args(words)
    pattern = ACLResourcePatternType[chosen.resource_pattern_type.upper()]
    return [
        ACL(
            chosen.allow_principal,
            "*",
            OPERATIONS[operation.lower()],
            ACLPermissionType.ALLOW,
            ResourcePattern(kind, name, pattern),
        )
        for key, kind in KINDS.items()
        for name in getattr(chosen, key)
        for operation in chosen.operation
    ]
