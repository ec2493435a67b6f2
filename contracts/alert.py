"""The `alerts` topic: what an analyst needs to see of a transaction, reasons included."""

import msgspec

VERSION = 1


class Reason(msgspec.Struct, frozen=True):
    """One thing that pushed the score up.

    Attributes:
        feature: its name; `risk` and an entity's kind where confirmed frauds pushed.
        value: the feature as the model sees it, or the decayed count of confirmed frauds.
        push: how much log-odds are lost when the feature alone is set to its median in the training data; of
            risk, the surprise that it adds.
        words: the same for people: what it is, its value, what is usual.
    """

    feature: str
    value: float
    push: float
    words: str = ""


class Alert(msgspec.Struct, frozen=True):
    """One transaction over the threshold; `partition` and `offset` are its position in `transactions`.

    Attributes:
        event_time: seconds since 1970-01-01 UTC.
        entities: key by kind of entity, the primary entity first.
        surprise: the highest of base, detectors and risk.
        tail: share of genuine traffic that scores higher, 0 to 1.
        decision: name of a `Decision`, in lower case.
        scorer: id of the base or detector that decided.
        episode: name of the episode whose detector decided; empty where none did.
        nearest: id of the flagged transaction of that episode that this one is most like.
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
