"""The `alerts` topic: what an analyst needs to judge a transaction, with the reasons."""

import msgspec

VERSION = 1
RULE_FEATURES = ("risk ", "block ", "rule ", "list ", "policy ")
"""How the `Reason.feature` of a rule begins: confirmed frauds, a block, a written rule, a named list, or a
segment of the decision policy."""

SEGMENT_PREFIX = "segment/"
"""How the cause of an alert begins that a segment of the decision policy raised by its own bound."""
BLOCK = "block"
"""Cause of the alerts of lists and blocks."""


class Reason(msgspec.Struct, frozen=True):
    """One cause of a high score.

    Attributes:
        feature: name of the feature; `risk` and the kind of an entity for confirmed frauds; `block` and the
            kind of an entity that a rule blocks; `rule` and the id of a written rule; `list` and the
            name of a list; `policy` and the name of a segment of the decision policy.
        value: the feature as the model reads it, or the decayed count of confirmed frauds.
        push: log-odds that are lost when this feature alone is set to its median in the training data; for
            risk, the surprise that it adds.
        words: the same in words: the feature, its value, and the usual value.
    """

    feature: str
    value: float
    push: float
    words: str = ""


class Alert(msgspec.Struct, frozen=True):
    """One transaction over the threshold, of a blocked entity, or that a written rule holds.

    Attributes:
        partition: partition of `transactions`.
        offset: position in that partition.
        event_time: seconds since 1970-01-01 UTC.
        entities: key by kind of entity, the primary entity first.
        surprise: the highest of base, detectors and risk, and what written rules add.
        tail: share of genuine traffic that scores higher, 0 to 1.
        decision: name of a `Decision`, in lower case.
        scorer: id of the base or detector that decided; `block`; `rule/ID` of a written rule.
        episode: name of the episode whose detector decided; empty where none did.
        nearest: id of the most similar flagged transaction of that episode.
        tags: what written rules tag it with, at most 8.
        queue: the queue that a written rule routes it to; empty for none.
        cause: what raised it in place of the budget's threshold: `rule/ID`, `block`, or `segment/NAME`; empty
            where the threshold did, and in alerts of earlier releases.
    """

    transaction_id: str
    partition: int
    offset: int
    event_time: float
    amount: float
    currency: str
    entities: dict[str, str]
    surprise: float
    tail: float
    decision: str
    scorer: str
    control_offset: int
    reasons: list[Reason]
    episode: str = ""
    nearest: str = ""
    version: int = VERSION
    tags: list[str] = msgspec.field(default_factory=list)
    queue: str = ""
    cause: str = ""
