"""The `shadow-alerts` topic: alerts that a detector, base or written rule on trial would have raised.

Live rules that add to a list write here what they match, for the adaptation worker.
"""

import msgspec

VERSION = 1


class ShadowAlert(msgspec.Struct, frozen=True):
    """One transaction that a scorer or rule on trial would alert; it has no part in the decision.

    Attributes:
        partition: partition of `transactions`.
        offset: offset in that partition.
        event_time: seconds since 1970-01-01 UTC.
        shadow: id of the detector or base on trial; `rule/ID` of a written rule.
        surprise: surprise by the scorer on trial alone; of a rule, that of the transaction.
        alerted: whether the live scorers alerted the transaction.
        to_list: of a live rule: the named list that it adds `key` to; empty for all on trial.
        key: id of the entity that the rule adds.
    """

    transaction_id: str
    partition: int
    offset: int
    event_time: float
    amount: float
    shadow: str
    episode: str
    surprise: float
    alerted: bool
    control_offset: int
    version: int = VERSION
    to_list: str = ""
    key: str = ""
