"""The console's services on a real broker, with a real adaptation worker, database and model process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine

from console.card_tokens import CardTokens
from console.context import ConsoleContext
from console.feedback import KafkaFeedback
from console.lag import KafkaLag
from console.models.process import ModelProcess
from console.server import build_app
from contracts.signing.principals import CONSOLE
from contracts.signing.trust import Trust
from control.announce import Announcer
from control.keys import ControlKey
from recorder.rows import scored_rows
from settings import Settings
from storage import UnitOfWork, migrate, open_engine
from storage.entity_index import index_entities
from tests.adaptation_worker import KEY, PATTERN, Scorer, adapting, frauds, record_control
from tests.scored_messages import scored_message
from tests.small_models import base_change, genuine_rows, network_change, small_base, small_network
from tests.unit.console.people import Person, add_users
from tests.waiting import until

SECRET = "a secret of enough length"
GENUINE, FRAUDS = 12_000, 12


@pytest.fixture
def engine(stream_settings: Settings) -> Iterator[Engine]:
    """Store 12,000 ordinary transactions and twelve of one pattern; put a base and a network in force."""
    engine = open_engine(stream_settings.storage.url)
    migrate.upgrade(engine)
    index_entities(engine, ["card", "merchant"])
    odd = (PATTERN + 0.3 * genuine_rows(FRAUDS, seed=9)).astype(np.float32)
    ids = [b"fraud-%d" % number for number in range(FRAUDS)]
    messages = (
        scored_message(0, range(GENUINE), features=genuine_rows(GENUINE, seed=8)),
        scored_message(1, range(GENUINE, GENUINE + FRAUDS), features=odd, ids=ids),
    )
    with UnitOfWork(engine) as unit:
        for message in messages:
            unit.transactions.add_many(scored_rows(message))
        unit.commit()
    announcer = Announcer(stream_settings.broker, stream_settings.topics.control, KEY)
    announcer.announce(network_change(small_network()))
    announcer.announce(base_change(small_base()))
    announcer.close()
    record_control(stream_settings, engine)
    yield engine
    engine.dispose()


@pytest.fixture
def lead(stream_settings: Settings, engine: Engine) -> Iterator[Person]:
    """Yield a user who flags and approves; stop all threads and the child process afterwards."""
    feedback = KafkaFeedback(
        engine, stream_settings.broker, stream_settings.topics, Trust.derived(SECRET.encode(), CONSOLE)
    )
    models = ModelProcess(stream_settings.storage.url, ControlKey.single(SECRET))
    context = ConsoleContext(
        engine,
        stream_settings,
        CardTokens("card", SECRET.encode()),
        feedback,
        models,
        KafkaLag(stream_settings),
    )
    add_users(context)
    with feedback, models:
        yield Person(build_app(context), "lead")


def test_a_pattern_is_previewed_flagged_live_and_rolled_back(
    stream_settings: Settings, engine: Engine, lead: Person
) -> None:
    """1. Preview: matches, gate. 2. Flag: live on both partitions. 3. A match joins. 4. Roll back."""
    with Scorer(stream_settings), adapting(stream_settings, engine):
        flags = {"ids": list(frauds(0, 1, 2, 3, 4)), "days": 30}
        # At the first request the worker is still drawing its sample of traffic.
        preview = until(lambda: _ok(lead.post("/episodes/preview", flags)), what="a preview")
        assert preview["gate"] == {"passes": True, "reason": ""}
        matched = {row["transaction_id"] for row in preview["matches"]}
        assert set(frauds(5, 6, 7, 8, 9, 10, 11)) <= matched
        assert not matched & set(frauds(0, 1, 2, 3, 4))
        assert lead.get("/episodes").json()["total"] == 0  # a preview stores nothing

        made = lead.post("/episodes", {"name": "gift cards", "ids": flags["ids"]}).json()
        until(lambda: _in_state(lead, made["id"], "live"), what="the episode to be live")
        # The worker and the console read the acknowledgements separately; the console may read them later.
        page = until(lambda: _on_all(lead, made["id"], partitions=2), what="all acknowledgements")
        assert page["flag_to_live_ms"] > 0
        again = lead.post("/episodes", {"name": "the same", "ids": [frauds(0)[0]]})
        assert until(lambda: _refused(lead, again), what="the refusal").startswith("already flagged")

        _try_other_terms(stream_settings, engine, lead, made["id"])
        joined = lead.post(f"/episodes/{made['id']}/matches", {"confirm": [frauds(5)[0]]}).json()
        assert "episode 'gift cards' grows by 1" in joined["notes"]
        record_control(stream_settings, engine)
        rolled = lead.post(f"/episodes/{made['id']}/rollback", {"note": "false alarm"}).json()
        assert rolled["status"] == "live"  # the rollback, on all partitions
        assert _in_state(lead, made["id"], "retired")
    scores = lead.get(f"/transactions/{frauds(6)[0]}/scores").json()
    assert scores["parts"] == [] or scores["parts"][0]["scorer"] == "base"


def _try_other_terms(settings: Settings, engine: Engine, lead: Person, episode: str) -> None:
    """The pattern's other labelled frauds are caught with the detector and missed without it.

    Until the recorder has stored the live detector, the what-if tries it like a draft. Afterwards the what-if
    removes it.
    """
    labelled = {"ids": list(frauds(6, 7, 8, 9)), "verdict": "fraud", "request_id": "cb-0"}
    assert lead.post("/labels", labelled).status_code == 200
    draft = lead.post("/what-if", {"episode": episode}).json()
    assert [(draft[terms]["frauds"], draft[terms]["caught"]) for terms in ("now", "then")] == [(4, 0), (4, 4)]
    record_control(settings, engine)
    without = lead.post("/what-if", {"episode": episode, "with_episode": False}).json()
    assert without["transactions"] == GENUINE + FRAUDS - 5  # without the episode's own flags
    assert (without["now"]["frauds"], without["now"]["caught"], without["then"]["caught"]) == (4, 4, 0)
    assert without["lost"] >= 4
    generous = lead.post("/what-if", {"episode": episode, "budget": 0.05}).json()
    assert generous["now"] == without["now"]
    assert generous["then"]["caught"] == 4
    assert generous["then"]["threshold"] < generous["now"]["threshold"]
    assert generous["then"]["alerts"] > generous["now"]["alerts"]
    assert lead.post("/what-if", {"without": ["unheard of"]}).json()["detail"]["what"] == (
        "not in force: unheard of"
    )
    assert lead.get("/what-if").json()["running"] is False


def _ok(answer: Any) -> Any:
    return answer.json() if answer.status_code == 200 else None


def _in_state(lead: Person, episode: str, status: str) -> Any:
    page = lead.get(f"/episodes/{episode}").json()
    return page if page.get("status") == status else None


def _on_all(lead: Person, episode: str, partitions: int) -> Any:
    page = lead.get(f"/episodes/{episode}").json()
    acks = page["acks"]
    return page if acks and acks["live"] == acks["of"] == partitions else None


def _refused(lead: Person, answer: Any) -> str | None:
    """Return the reason from the answer, or from the episode's page if the worker took longer."""
    if answer.status_code == 409:
        return str(answer.json()["detail"]["what"])
    page = _in_state(lead, answer.json()["id"], "refused")
    return page["reason"] if page else None


def test_requests_wait_in_the_outbox_until_somebody_works_them(
    stream_settings: Settings, engine: Engine, lead: Person
) -> None:
    """Without a worker the console keeps and sends the request; once a worker runs, the label is stored."""
    slow = lead.post("/labels", {"ids": [frauds(0)[0]], "verdict": "fraud", "request_id": "cb-1"})
    assert slow.status_code == 504
    assert slow.json()["detail"]["where"] == "cb-1"
    with Scorer(stream_settings), adapting(stream_settings, engine):

        def labelled() -> bool:
            with UnitOfWork(engine, reads_only=True) as unit:
                return frauds(0)[0] in unit.labels.latest(frauds(0))

        until(labelled, what="the label")
        again = lead.post("/labels", {"ids": [frauds(0)[0]], "verdict": "fraud", "request_id": "cb-1"})
        assert again.status_code == 200

        def all_marked() -> bool:
            with UnitOfWork(engine, reads_only=True) as unit:
                return not unit.outbox.pending()

        until(all_marked, what="the requests to be marked as sent")  # the answer may be faster
    with UnitOfWork(engine, reads_only=True) as unit:
        unit.audit.verify()
