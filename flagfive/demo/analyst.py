"""Stands in for an analyst and for chargebacks: judges alerts by the truth of the simulator.

Verdicts take the way of an analyst's: signed `label` requests to the adaptation worker.
"""

import asyncio
import time
import uuid
from collections import deque
from dataclasses import dataclass, field

from contracts.request import Request
from contracts.request_client import FeedbackClient
from contracts.signing.principals import COMMAND_LINE
from flagfive.demo.observer import ObservedScore, Truth
from flagfive.keys import trust_of
from settings import Settings
from simulate.patterns import KNOWN

# One alert of four is left to the visitor; two missed frauds of four are reported.
_JUDGED_OF_4, _REPORTED_OF_4 = 3, 2
# At 3,000 payments a second, a day of event time takes 10 s: verdicts come after half a day, chargebacks
# after three.
_VERDICT_AFTER_S, _CHARGEBACK_AFTER_S = 5.0, 30.0
_EVERY_S = 3.0
_PER_REQUEST = 200
_ANSWER_WITHIN_S = 30.0
# Verdicts of more than this are dropped: an adaptation worker that is far behind is not flooded.
_WAITING = 5_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict that becomes known at `due`, in seconds of the monotonic clock."""

    due: float
    transaction_id: str
    fraud: bool


@dataclass
class StandInAnalyst:
    """Collects what there is to judge, and sends the verdicts that are due every three seconds."""

    settings: Settings
    working: bool = False
    """Whether scores are collected; the story of five flags has an analyst of its own until it ends."""
    _alerts: deque[Verdict] = field(default_factory=lambda: deque(maxlen=_WAITING))
    _chargebacks: deque[Verdict] = field(default_factory=lambda: deque(maxlen=_WAITING))
    _seen: int = 0

    def notice(self, score: ObservedScore, truth: Truth) -> None:
        """Take up an alert, or a missed fraud of a known pattern; new patterns are left to the visitor."""
        alerted, fraud = score.decision != "approve", bool(truth.family)
        if not self.working or not (alerted or fraud):
            return
        self._seen += 1
        now = time.monotonic()
        if alerted and self._seen % 4 < _JUDGED_OF_4:
            self._alerts.append(Verdict(now + _VERDICT_AFTER_S, score.transaction_id, fraud))
        elif not alerted and truth.family in KNOWN and self._seen % 4 < _REPORTED_OF_4:
            self._chargebacks.append(Verdict(now + _CHARGEBACK_AFTER_S, score.transaction_id, True))

    def due(self, now: float) -> list[Request]:
        """Return requests with the verdicts that are due, and forget these verdicts.

        Args:
            now: seconds of the monotonic clock.

        Returns:
            At most one request of the analyst and one of the chargebacks.
        """
        requests = []
        for source, waiting in (("analyst", self._alerts), ("chargeback", self._chargebacks)):
            verdicts: list[Verdict] = []
            while waiting and waiting[0].due <= now and len(verdicts) < _PER_REQUEST:
                verdicts.append(waiting.popleft())
            if verdicts:
                requests.append(_request(source, verdicts))
        return requests

    async def work(self) -> None:
        """Collect and send verdicts until cancelled."""
        self.working = True
        trust, topics = trust_of(self.settings, COMMAND_LINE), self.settings.topics
        with await asyncio.to_thread(FeedbackClient, self.settings.broker, topics.feedback, trust) as client:
            while True:
                await asyncio.sleep(_EVERY_S)
                for request in self.due(time.monotonic()):
                    await asyncio.to_thread(client.ask, request, timeout_s=_ANSWER_WITHIN_S)


def _request(source: str, verdicts: list[Verdict]) -> Request:
    return Request(
        str(uuid.uuid4()),
        "label",
        author="demo",
        time=time.time(),
        fraud=tuple(one.transaction_id for one in verdicts if one.fraud),
        genuine=tuple(one.transaction_id for one in verdicts if not one.fraud),
        source=source,
    )
