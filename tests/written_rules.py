"""Written rules, and transactions for them to decide about."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from control.change import Change
from control.entry import Kind
from control.snapshot import Snapshot
from control.written_rules import DEFINITION, WRITTEN_BY
from features.byte_strings import ByteStrings
from rules.definition import RuleDefinition, WrittenRule, definition_to_bytes, read_rule
from stream.scoring.written_rules import Transactions
from tests.small_models import NAMES, base_change, small_base


def definition(condition: str, **fields: Any) -> RuleDefinition:
    """Return a definition: live, for review, unless `fields` say otherwise."""
    return msgspec.convert(
        {"condition": condition, "action": "review", "mode": "live", **fields}, RuleDefinition
    )


def written(identity: str, condition: str, **fields: Any) -> WrittenRule:
    return read_rule(identity, definition_to_bytes(definition(condition, **fields)))


def rule_change(identity: str, condition: str, **fields: Any) -> Change:
    """Return the change that announces a rule, live and for review unless `fields` say otherwise."""
    parts = {DEFINITION: definition_to_bytes(definition(condition, **fields))}
    return Change(Kind.RULE, identity, "ada", "", parts, {WRITTEN_BY: "ada"})


def fold(*changes: Change, threshold: float = 3.0, names: tuple[str, ...] = NAMES) -> Snapshot:
    """Return what is in force after a small base and `changes`."""
    snapshot = Snapshot()
    for offset, one in enumerate((base_change(small_base(names=names), threshold=threshold), *changes)):
        snapshot = snapshot.apply(one.entry(sequence=offset + 1, time=0.0), offset)
    return snapshot


def transactions(
    features: NDArray[np.float32], time: NDArray[np.float64], *keys: ByteStrings
) -> Transactions:
    """Return transactions of 1, 2, 3 ... units of no currency."""
    n = len(time)
    amount = np.arange(1, n + 1, dtype=np.float64)
    links = np.zeros((n, len(keys)), np.float32)
    return Transactions(
        features, time, amount, np.zeros(n, np.int32), np.full(n, 5411, np.int32), keys, links
    )
