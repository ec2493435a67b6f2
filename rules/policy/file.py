"""The decision policy in a YAML file, so that a team can keep it in version control."""

from __future__ import annotations

from typing import Final

import msgspec
import yaml

from contracts.undecodable import UNDECODABLE
from rules.errors import RuleError
from rules.policy.definition import DecisionPolicy, ReadPolicy, policy_to_bytes, read_policy, surprise_of

MOST_BYTES: Final = 1024 * 1024
_BOUNDS: Final = ("review_from", "decline_from")


def read_policy_file(data: bytes) -> ReadPolicy:
    """Read a policy from YAML.

    Args:
        data: At most `MOST_BYTES`; aliases are refused. A bound is a surprise, or a share of genuine traffic
            such as `0.1%`.

    Returns:
        The policy, with its conditions read; names are not bound yet.

    Raises:
        RuleError: It cannot be read; the message names the segment.
    """
    if len(data) > MOST_BYTES:
        raise RuleError(f"the file has {len(data):,} bytes, allowed are {MOST_BYTES:,}")
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(data, Loader=yaml.SafeLoader)):
            raise RuleError("the file has YAML aliases (*name); write each segment out")
        plain = yaml.safe_load(data)
        policy = msgspec.convert(_with_surprises(plain), DecisionPolicy)
    except (yaml.YAMLError, *UNDECODABLE) as error:
        raise RuleError(f"the file cannot be read: {error}") from None
    return read_policy(policy_to_bytes(policy))


def write_policy_file(policy: DecisionPolicy) -> bytes:
    """Return a policy as YAML."""
    plain = msgspec.to_builtins(policy)
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=1_000).encode()


def bound_of(text: str) -> float | None:
    """Return the surprise that a text gives: a number, a share such as `0.1%`, or None where it is empty.

    >>> bound_of("0.1%"), bound_of("2.5"), bound_of("")
    (3.0, 2.5, None)

    Raises:
        RuleError: It is neither.
    """
    text = text.strip()
    if not text:
        return None
    try:
        if not text.endswith("%"):
            return float(text)
        share = float(text[:-1]) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise RuleError(
            f"found the bound {text!r}, allowed are a surprise such as 2.5 and a share of genuine traffic "
            "such as 0.1%"
        )
    return surprise_of(share)


def _with_surprises(plain: object) -> object:
    """Return what a file holds, with surprises in place of shares."""
    if isinstance(plain, list):
        return [_with_surprises(one) for one in plain]
    if isinstance(plain, dict):
        return {
            name: bound_of(value) if name in _BOUNDS and isinstance(value, str) else _with_surprises(value)
            for name, value in plain.items()
        }
    return plain
