"""A rule that is saved and rolled back while payments flow: how long until every partition decides by it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.episodes.swaps import Seen, mixed
from benchmarks.episodes.system import Stuck, ask, ask_until_up, shares, under_load, wait_until_recorded
from benchmarks.stream.setup import SECRET, one_broker
from contracts.answer import Answer
from contracts.request_client import FeedbackClient
from contracts.signing.principals import COMMAND_LINE
from contracts.signing.trust import Trust
from flagfive.demo.observer import Observer
from settings import Settings
from storage import open_engine

RULE = "electronics-in-an-hour"
CONDITION = 'amount > {amount} && category == "5732" && card.count_1h >= 3'
LIVE = "live"


def measure(changes: int, rate: float, say: Callable[[str], None]) -> dict[str, object]:
    """Save a live rule and roll it back, `changes` times.

    Args:
        changes: how often.
        rate: payments a second.
        say: prints a line of progress.

    Returns:
        Milliseconds from the request, by the broker's clock, to the last partition's acknowledgement; and
        how many batches had scores of two versions.
    """
    saved, back = list[Answer](), list[Answer]()

    def work(settings: Settings, _: Observer) -> None:
        engine = open_engine(settings.storage.url)
        trust = Trust.derived(SECRET.encode(), COMMAND_LINE)
        with FeedbackClient(settings.broker, settings.topics.feedback, trust) as client:
            ask_until_up(client)
            _save(client, 0)
            for number in range(1, changes + 1):
                saved.append(_save(client, number))
                wait_until_recorded(engine, saved[-1].control_offset or 0)
                back.append(_roll_back(client))
        engine.dispose()

    with tempfile.TemporaryDirectory() as folder, one_broker(Path(folder)) as broker:
        _, seen, _ = under_load(broker, Path(folder), rate, say, work)
    return {"changes": changes, "rate": rate, **_figures(saved, back, seen)}


def _save(client: FeedbackClient, number: int) -> Answer:
    rule = {"condition": CONDITION.format(amount=100 + number), "action": "review", "mode": LIVE}
    return _live(ask(client, "rule", name=RULE, definition=json.dumps(rule), reason="benchmark"))


def _roll_back(client: FeedbackClient) -> Answer:
    return _live(ask(client, "rollback", name=f"rule/{RULE}", reason="benchmark"))


def _live(answer: Answer) -> Answer:
    if answer.status != LIVE:
        raise Stuck(f"a change of a rule ended as {answer.status}: {answer.message}")
    return answer


def _figures(saved: list[Answer], back: list[Answer], seen: list[Seen]) -> dict[str, object]:
    return {
        "saved_to_live_ms": shares(_took(saved)),
        "rollback_ms": shares(_took(back)),
        "batches": len(seen),
        "batches_of_two_versions": mixed(seen),
        "transactions": sum(len(batch.took_ms) for batch in seen),
    }


def _took(answers: list[Answer]) -> list[float]:
    return [one.flag_to_live_ms for one in answers if one.flag_to_live_ms is not None]
