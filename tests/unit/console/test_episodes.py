"""Episodes from the console: flagging, four eyes, decisions, and the effects of the worker's answers."""

from collections.abc import Callable
from dataclasses import replace as replaced

import pytest
from fastapi import FastAPI
from msgspec.structs import replace

from console.context import ConsoleContext
from console.models.results import DraftMatches
from console.server import build_app
from contracts.answer import Answer, Draft
from contracts.trade_off import TradeOff, TradeOffPoint
from settings import AdaptationSettings, Settings
from storage.api_tokens import ApiToken
from storage.control_entries import ControlEntry
from storage.episodes import GROWTH_WAITS, LIVE, REVIEW, WAITING, Episode, EpisodeTransaction
from tests.unit.console.at_hand import ModelsAtHand, WorkerAtHand
from tests.unit.console.people import Person
from tests.unit.console.stored_rows import DAY, alert_row

pytestmark = pytest.mark.usefixtures("stored")
Sign = Callable[[str], Person]
FLAGS = {"name": "gift cards", "ids": ["tx-1", "tx-2"], "request_id": "r-1"}


def add_episode(
    context: ConsoleContext, status: str, *, author: str = "analyst", detector: str = "gift-1"
) -> None:
    """Add an episode e-1 of tx-1 and tx-2, with its detector on the control log at offset 9."""
    with context.unit() as unit:
        unit.episodes.add(
            Episode(
                id="e-1", request_id="r-0", name="gift cards", author=author, status=status, flagged_at=DAY,
                detector_id=detector, control_offset=9, flag_to_live_ms=600.0,
                details={"notes": ["both cards"], "added_alert_rate": 0.0001},
                transactions=[EpisodeTransaction(transaction_id=f"tx-{n}", role="support") for n in (1, 2)],
            )
        )  # fmt: skip
        unit.session.add(
            ControlEntry(
                control_offset=9, kind="detector", entry_id=detector, parent=None, content_hash="h",
                author=author, reason="flagged", time=DAY, sequence=1, retired=False, value=b"",
            )
        )  # fmt: skip
        unit.commit()


def test_a_flag_reaches_the_worker_and_is_shown_before_it_has_answered(
    person: Sign, worker: WorkerAtHand
) -> None:
    worker.answers = lambda request: None
    ada = person("analyst")
    answer = ada.post("/episodes", FLAGS | {"genuine_ids": ["tx-3"]})
    assert (answer.status_code, answer.json()["status"]) == (202, "sent")
    (request,) = worker.asked
    assert (request.kind, request.fraud, request.genuine) == ("flag", ("tx-1", "tx-2"), ("tx-3",))
    page = ada.get(f"/episodes/{answer.json()['id']}").json()
    assert (page["status"], page["name"], page["flags"]) == ("sent", "gift cards", 2)
    assert [(row["role"], row["transaction_id"]) for row in page["support"]] == [
        ("support", "tx-1"),
        ("support", "tx-2"),
        ("lookalike", "tx-3"),
    ]


def test_what_the_worker_refuses_is_told_with_its_reason(person: Sign, worker: WorkerAtHand) -> None:
    worker.answers = lambda r: Answer(r.request_id, "refused", "already flagged in 'x'", ("tx-1",))
    answer = person("analyst").post("/episodes", FLAGS)
    assert answer.status_code == 409
    assert answer.json()["detail"] == {"what": "already flagged in 'x'", "where": "tx-1", "allowed": ""}


@pytest.mark.parametrize(
    "wrong",
    [
        {"ids": []},
        {"genuine_ids": ["tx-1"]},
        {"name": "  "},
        {"request_id": "no blanks"},
        {"policy": "at once"},
        {"ids": ["tx"] * 10_001},
        {"name": "nul \u0000"},
    ],
)
def test_a_wrong_flag_is_refused_before_anybody_is_asked(
    person: Sign, worker: WorkerAtHand, wrong: dict[str, object]
) -> None:
    assert person("analyst").post("/episodes", FLAGS | wrong).status_code == 422
    assert worker.asked == []


def test_a_live_episode_shows_acks_catches_money_and_history(person: Sign, context: ConsoleContext) -> None:
    add_episode(context, LIVE)
    with context.unit() as unit:
        for n in (20, 21, 22):
            row = alert_row(n)
            unit.alerts.add_many([(*row[:8], "gift-1", row[9])])
        unit.alerts.set_status(["tx-21"], "confirmed")
        unit.alerts.set_status(["tx-22"], "rejected")
        unit.commit()
    page = person("viewer").get("/episodes/gift cards").json()
    assert page["acks"] == {"live": 3, "of": 4, "seconds": 0.6}
    assert page["first_catch"]["transaction_id"] == "tx-20"
    assert (page["caught"], page["confirmed"], page["rejected"], page["precision"]) == (3, 1, 1, 0.5)
    assert (page["money_held"], page["money_open"], page["currency"]) == (220.0, 210.0, "EUR")
    assert page["notes"] == ["both cards"]
    assert [version["control_offset"] for version in page["readaptations"]] == [9]
    (row,) = person("viewer").get("/episodes").json()["rows"]
    assert (row["flags"], row["caught"]) == (page["flags"], 3)
    assert page["flags"] == sum(one["role"] == "support" for one in page["support"]) > 0


def four_eyes(context: ConsoleContext) -> FastAPI:
    settings = Settings(adaptation=AdaptationSettings(four_eyes=True))
    return build_app(replaced(context, settings=settings))


def test_with_four_eyes_nobody_approves_their_own_episode(context: ConsoleContext, app: FastAPI) -> None:
    add_episode(context, WAITING, author="lead")
    guarded = four_eyes(context)
    own = Person(guarded, "lead").post("/episodes/e-1/approve", {"note": "mine"})
    assert own.status_code == 403
    assert Person(guarded, "admin").post("/episodes/e-1/approve", {"note": "fits"}).status_code == 200
    with context.unit(reads_only=True) as unit:
        (decision,) = unit.approvals.of_episode("e-1")
    assert (decision.author, decision.flagged_by, decision.decision) == ("admin", "lead", "approved")


def test_with_four_eyes_the_maker_of_a_token_does_not_approve_what_it_flagged(
    context: ConsoleContext, app: FastAPI
) -> None:
    with context.unit() as unit:
        unit.tokens.add(ApiToken(name="feed", digest="d", scopes=["episodes"], author="lead", created_at=DAY))
        unit.commit()
    add_episode(context, WAITING, author="token feed")
    guarded = four_eyes(context)
    assert Person(guarded, "lead").post("/episodes/e-1/approve", {"note": "mine"}).status_code == 403
    assert Person(guarded, "admin").post("/episodes/e-1/approve", {"note": "fits"}).status_code == 200


def test_growth_that_waits_is_listed_and_approved_by_another_person_than_who_labelled(
    context: ConsoleContext, app: FastAPI
) -> None:
    add_episode(context, LIVE)
    with context.unit() as unit:
        episode = unit.episodes.get("e-1")
        assert episode is not None
        episode.approve_members({"tx-1"})
        episode.details = {**episode.details, GROWTH_WAITS: "it grew by 1"}
        unit.labels.add_many([("tx-2", "fraud", "analyst", "lead", DAY, "r-9")])
        unit.commit()
    guarded = four_eyes(context)
    lead, admin = Person(guarded, "lead"), Person(guarded, "admin")
    assert [row["growth_waits"] for row in lead.get("/approvals").json()["rows"]] == ["it grew by 1"]
    assert lead.post("/episodes/e-1/approve", {"note": ""}).status_code == 403
    assert lead.post("/episodes/e-1/reject", {"note": ""}).status_code == 409
    assert admin.post("/episodes/e-1/approve", {"note": "fits"}).status_code == 200


def test_with_four_eyes_a_flag_waits_whatever_was_asked_for(
    context: ConsoleContext, app: FastAPI, worker: WorkerAtHand
) -> None:
    Person(four_eyes(context), "analyst").post("/episodes", FLAGS)
    assert [request.policy for request in worker.asked] == ["approve"]


def test_leads_decide_by_requests_to_the_worker(
    person: Sign, context: ConsoleContext, worker: WorkerAtHand
) -> None:
    add_episode(context, WAITING)
    lead = person("lead")
    for path in ("e-1/approve", "e-1/reject", "e-1/retire", "e-1/rollback"):
        assert lead.post(f"/episodes/{path}", {"note": "why"}).status_code == 200, path
    assert [(request.kind, request.name) for request in worker.asked] == [
        ("approve", "e-1"),
        ("retire", "e-1"),
        ("retire", "e-1"),
        ("rollback", "detector/gift-1"),
    ]


def test_only_what_waits_can_be_approved(person: Sign, context: ConsoleContext) -> None:
    add_episode(context, LIVE)
    answer = person("lead").post("/episodes/e-1/approve", {"note": ""})
    assert (answer.status_code, answer.json()["detail"]["what"]) == (409, "episode 'gift cards' is live")


def test_confirmed_and_rejected_matches_join_the_episode(
    person: Sign, context: ConsoleContext, worker: WorkerAtHand
) -> None:
    add_episode(context, LIVE)
    ada = person("analyst")
    assert ada.post("/episodes/e-1/matches", {"confirm": ["tx-4"], "reject": ["tx-5"]}).status_code == 200
    (request,) = worker.asked
    assert (request.kind, request.name, request.fraud, request.genuine) == (
        "label",
        "e-1",
        ("tx-4",),
        ("tx-5",),
    )
    assert ada.post("/episodes/e-1/matches", {}).status_code == 422


def test_an_episode_asks_about_transactions_that_look_like_it(person: Sign, context: ConsoleContext) -> None:
    add_episode(context, LIVE)
    with context.unit() as unit:
        episode = unit.episodes.get("e-1")
        assert episode is not None
        review = {"alike": ["tx-4", "tx-5", "tx-6"], "open": ["tx-5", "tx-6"]}
        episode.details = {**episode.details, REVIEW: review}
        unit.commit()
    ada = person("analyst")
    assert [row["asks"] for row in ada.get("/episodes").json()["rows"]] == [2]
    page = ada.get("/episodes/e-1").json()
    assert [row["transaction_id"] for row in page["to_review"]] == ["tx-5", "tx-6"]
    assert REVIEW not in page["gate"]


CURVE = TradeOff(
    (
        TradeOffPoint(0.0, 0.4, 20.0, 0.1, 900.0, 19.9, 0.8),
        TradeOffPoint(0.1, 0.8, 38.0, 0.4, 14_200.0, 37.6, 0.97, ("past fraud: too much",)),
    ),
    0,
    "EUR",
)
DRAFT = Draft(b"curves", 0.1, 3.0, (), 0.0002, 0.8, 0.001, strangers=("tx-2",), set_aside=("tx-1",),
              trade_off=CURVE)  # fmt: skip


def test_a_preview_tells_what_flags_and_gate_say_and_what_would_have_matched(
    person: Sign, worker: WorkerAtHand, models: ModelsAtHand
) -> None:
    worker.answers = lambda r: Answer(r.request_id, "preview", "", notes=("one card",), draft=DRAFT)
    found = DraftMatches(2.0, 1_000, 6, 2, 1, 1, 30.0, ("tx-1", "tx-7", "tx-4"))
    models.answer = found
    told = person("analyst").post("/episodes/preview", {"ids": ["tx-1", "tx-2"], "days": 2}).json()
    assert (models.asked, [r.kind for r in worker.asked]) == ([(DRAFT, 2.0)], ["preview"])
    assert (told["support"]["strangers"], told["support"]["set_aside"]) == (["tx-2"], ["tx-1"])
    assert told["gate"] == {"passes": True, "reason": ""}
    assert [row["transaction_id"] for row in told["matches"]] == [
        "tx-7",
        "tx-4",
    ]  # without the episode's own flags
    assert (told["alerts_a_day"], told["frauds_caught"], told["cost"]) == (2.0, 1, 30.0)


def test_a_preview_answers_before_the_search_and_the_worker_is_asked_once(
    person: Sign, worker: WorkerAtHand, models: ModelsAtHand, stored: None
) -> None:
    worker.answers = lambda r: Answer(r.request_id, "preview", "", notes=("one card",), draft=DRAFT)
    analyst, flags = person("analyst"), {"ids": ["tx-1", "tx-2"], "days": 2}
    first = analyst.post("/episodes/preview", flags | {"matches": False}).json()
    assert (first["searched"], first["gate"]["passes"], models.asked) == (False, True, [])
    then = analyst.post("/episodes/preview", flags).json()
    assert (then["searched"], then["gate"], models.asked) == (True, first["gate"], [(DRAFT, 2.0)])
    assert len(worker.asked) == 1
    analyst.post("/episodes/preview", flags)  # a draft is used once
    assert len(worker.asked) == 2


def test_a_preview_shows_the_trade_off_of_every_share_in_numbers_and_words(
    person: Sign, worker: WorkerAtHand
) -> None:
    worker.answers = lambda r: Answer(r.request_id, "preview", "", draft=DRAFT)
    told = person("analyst").post("/episodes/preview", {"ids": ["tx-1"], "share": 0.1}).json()["trade_off"]
    assert (worker.asked[0].share, told["chosen"], told["currency"]) == (0.1, 0, "EUR")
    second = told["points"][1]
    assert (second["caught"], second["confidence"], second["over"]) == (38.0, 0.97, ["past fraud: too much"])
    assert second["words"] == "+38 frauds and 14,200 EUR a day, -0.4 known frauds, +38 alerts"


def test_only_a_lead_chooses_another_share_for_an_episode(person: Sign, worker: WorkerAtHand) -> None:
    chosen = FLAGS | {"share": 0.3}
    assert person("analyst").post("/episodes", chosen).status_code == 403
    assert not worker.asked
    assert person("lead").post("/episodes", chosen).status_code == 202
    assert worker.asked[0].share == 0.3


def test_a_preview_without_enough_history_says_so_and_keeps_the_rest(
    person: Sign, worker: WorkerAtHand, models: ModelsAtHand
) -> None:
    refused = replace(DRAFT, refusals=("too many alerts",))
    worker.answers = lambda r: Answer(r.request_id, "preview", "", draft=refused)
    told = person("analyst").post("/episodes/preview", {"ids": ["tx-1"]}).json()
    assert told["gate"] == {"passes": False, "reason": "too many alerts"}
    assert (told["matches"], told["alerts_a_day"]) == ([], None)
    assert told["why_no_matches"] == "nothing is stored"


def test_labels_of_a_machine_wait_for_their_answer(person: Sign, worker: WorkerAtHand) -> None:
    labels = {"ids": ["tx-1"], "verdict": "fraud", "source": "chargeback", "request_id": "cb-1"}
    answer = person("analyst").post("/labels", labels)
    assert (answer.status_code, answer.json()["message"]) == (200, "worked")
    assert (worker.asked[0].source, worker.asked[0].request_id) == ("chargeback", "cb-1")


def test_a_worker_that_is_away_leaves_the_request_in_the_outbox(
    person: Sign, worker: WorkerAtHand, context: ConsoleContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        """The broker is unavailable: no request leaves."""

    monkeypatch.setattr(worker, "wake", away)
    monkeypatch.setattr("console.services.flagging.SHOWN_WITHIN_S", 0.0)
    ada = person("analyst")
    assert ada.post("/episodes", FLAGS).json()["status"] == "sent"
    with context.unit(reads_only=True) as unit:
        (message,) = unit.outbox.pending()
    assert message.key == b"r-1"


def test_ten_thousand_long_ids_are_refused_with_the_allowed_size(
    person: Sign, worker: WorkerAtHand, context: ConsoleContext
) -> None:
    answer = person("analyst").post("/episodes", {**FLAGS, "ids": [f"{n:0200d}" for n in range(10_000)]})
    assert answer.status_code == 422
    assert answer.json()["detail"]["allowed"] == "786,432 bytes"
    assert worker.asked == []


def test_a_card_number_in_an_episodes_name_does_not_reach_the_outbox(
    person: Sign, worker: WorkerAtHand, context: ConsoleContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "wake", lambda: None)
    monkeypatch.setattr("console.services.flagging.SHOWN_WITHIN_S", 0.0)
    person("analyst").post(
        "/episodes", {**FLAGS, "name": "ring4111.1111.1111.1111", "note": "x4111111111111111"}
    )
    with context.unit(reads_only=True) as unit:
        (message,) = unit.outbox.pending()
    assert b"ring411111******1111" in (message.value or b"")
    assert b"4111111111111111" not in (message.value or b"")
    assert message.lane == "ring411111******1111"
