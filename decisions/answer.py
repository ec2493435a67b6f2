"""The answer to one transaction, from its score and its alert, or the fallback."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from contracts.alert import RULE_FEATURES, Alert, Reason
from contracts.decision import Decision


class Cause(StrEnum):
    """Why an answer is the fallback; empty for an answer of the scorer."""

    NONE = ""
    DEADLINE = "deadline"
    OVERLOAD = "overload"
    NOT_STORED = "not_stored"
    NOT_SCORED = "not_scored"


class Answer(msgspec.Struct, frozen=True):
    """The decision on one transaction.

    Attributes:
        id: id of the transaction.
        decision: approve, review or decline.
        surprise: -log10 of the share of genuine traffic that scores higher; None in a fallback.
        scorer: id of the base or detector that decided; None in a fallback.
        reasons: the causes of a review or decline, the strongest first; empty for an approval.
        episode: name of the episode whose detector decided; empty where none did.
        rules: names of the reasons that rules gave: confirmed frauds of an entity, or its block.
        control_offset: position in the control log that the score was made under; None in a fallback.
        scored_at: time of the score, seconds since 1970-01-01 UTC; None in a fallback.
        provisional: whether the score was not committed yet.
        fallback: why this is the configured fallback instead of a score; empty where it is a score.
        tags: what written rules tag a reviewed or declined transaction with, at most 8.
        queue: the queue that a written rule routes its alert to; empty for none.
    """

    id: str
    decision: str
    surprise: float | None
    scorer: str | None
    reasons: Sequence[Reason]
    episode: str
    rules: Sequence[str]
    control_offset: int | None
    scored_at: float | None
    provisional: bool
    fallback: Cause = Cause.NONE
    tags: Sequence[str] = ()
    queue: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """What the scorer found for one transaction.

    Attributes:
        partition: partition of `transactions`.
        offset: position there; both identify the transaction.
        scored_at: seconds since 1970-01-01 UTC; None where it was not stored.
    """

    id: str
    partition: int
    offset: int
    surprise: float
    decision: Decision
    scorer: str
    control_offset: int
    scored_at: float | None


@dataclass(frozen=True, slots=True)
class Policy:
    """How scores become answers. The scorer decides; the decision policy on the control log says how.

    Args:
        fallback: decision of a transaction that has no score in time.
    """

    fallback: Decision

    def answer(self, score: Score, alert: Alert | None, *, provisional: bool) -> Answer:
        """Return the answer for a score; `alert` explains it, unless it is an approval."""
        reasons = alert.reasons if alert else []
        return Answer(
            id=score.id,
            decision=score.decision.name.lower(),
            surprise=score.surprise,
            scorer=score.scorer,
            reasons=reasons,
            episode=alert.episode if alert else "",
            rules=[reason.feature for reason in reasons if reason.feature.startswith(RULE_FEATURES)],
            control_offset=score.control_offset,
            scored_at=score.scored_at,
            provisional=provisional,
            tags=alert.tags if alert else (),
            queue=alert.queue if alert else "",
        )

    def stand_in(self, identity: str, cause: Cause) -> Answer:
        """Return the fallback for the transaction of this id."""
        name = self.fallback.name.lower()
        return Answer(identity, name, None, None, [], "", [], None, None, provisional=True, fallback=cause)
