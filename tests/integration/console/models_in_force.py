"""A base and a network in force over 46 features, a draft's detector, and traffic to score."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from control.change import Change
from control.entry import Kind
from control.envelope import seal
from control.keys import ControlKey
from control.rules import RULES, rules_to_bytes
from control.suppressions import Suppression
from meta.base import BaseModel, Provenance
from meta.evidence_model import EvidenceModel
from meta.linear_detector import linear_detector
from meta.networks.evidence import EvidenceNet
from meta.normaliser import Normaliser
from recorder.rows import control_row, scored_rows
from storage.bulk import Row
from tests.named_lists import list_changes
from tests.scored_messages import scored_message
from tests.small_models import base_change, genuine_rows, network_change, small_base
from tests.written_rules import rule_change

SECRET = "a key for these tests alone"
FEATURES = 46  # of card and merchant
NAMES = tuple(f"feature_{number}" for number in range(FEATURES))
MONTH_S = 30 * 86_400.0
QUIET, FRAUDS = 6_000, 12
"""Transactions that raised no alert; the last of them are frauds of the draft's pattern."""
DRAFT = linear_detector("ridge", np.eye(1, FEATURES)[0] * 8.0, -20.0).to_bytes()
"""What the gate has not let pass: it looks at the first feature alone."""


def announced(now: float) -> Iterator[Row]:
    """Return control entries: a network at offset 0, an earlier base at 1 and the base in force at 2."""
    torch.manual_seed(0)
    net = EvidenceNet(FEATURES, learned=4, trunk=8, width=8, layers=1)
    network = EvidenceModel.of(net, NAMES, Normaliser.fit(genuine_rows(2_000, width=FEATURES)), {})
    yield _row(network_change(network), 0, now - 2 * MONTH_S)
    for offset, (seed, quarter) in enumerate(((1, "second"), (0, "third")), start=1):
        base = base_change(_trained(seed, now), threshold=3.2 - 0.1 * offset)
        reason = f"trained on the {quarter} quarter"
        yield _row(replace(base, author="lead", reason=reason), offset, now - (3 - offset) * MONTH_S)


def a_rule_and_a_list(now: float) -> Iterator[Row]:
    """Return control entries: a rule in shadow at the free offset 3, a list from 10 on, a suppression."""
    rule = rule_change("large-at-night", "amount > 100 && night", mode="shadow", note="large ones at night")
    yield _row(rule, 3, now)
    for offset, change in enumerate(list_changes("watched", "shop", "m17", reason="under inquiry"), 10):
        yield _row(change, offset, now)
    silenced = Suppression("card", "token-of-a-card-17", "rule/large-at-night", now + MONTH_S)
    parts = {RULES: rules_to_bytes([silenced.rule])}
    yield _row(Change(Kind.SUPPRESSION, silenced.id, "ada", "agreed with the bank", parts, {}), 15, now)


def _trained(seed: int, now: float) -> BaseModel:
    base = small_base(seed, names=NAMES)
    begin = now - (4 + 3 * seed) * MONTH_S
    provenance = Provenance((begin, begin + 3 * MONTH_S), "a7" * 32, seed, 1_204_000, 2_310)
    return replace(base, provenance=provenance)


def _row(change: Change, offset: int, now: float) -> Row:
    key, entry = ControlKey.single(SECRET), change.entry(sequence=offset, time=now)
    return control_row(seal(entry, key), entry.key, offset, key)


def quiet_traffic(now: float) -> list[Row]:
    """Return rows of scored transactions of the last day, none alerted."""
    X = genuine_rows(QUIET, width=FEATURES)
    X[-FRAUDS:, 0] = 6.0
    ids = [f"quiet-{number}".encode() for number in range(QUIET)]
    times = [now - 14.0 * (QUIET - number) for number in range(QUIET)]
    message = scored_message(3, range(QUIET), features=X, ids=ids, cards=ids, times=times)
    return scored_rows(message)


def verdicts(now: float) -> Iterator[Row]:
    """Return rows of labels: the frauds that were not alerted."""
    for number in range(QUIET - FRAUDS, QUIET):
        yield f"quiet-{number}", "fraud", "chargeback", "bank", now, f"cb-{number}"
