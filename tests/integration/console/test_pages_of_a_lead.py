"""A lead uses a filled console: compares, rolls back, retires, works on cases, reads monitoring."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from playwright.sync_api import Page, expect

from contracts.answer import Answer
from contracts.answers_topic import answers_topic, create_topic
from contracts.request import Request, read_request
from contracts.signing.principals import ADAPTER
from contracts.signing.trust import Trust
from settings import Settings
from storage import UnitOfWork, open_engine
from storage.episodes import GROWTH_WAITS
from tests.browser import NARROW, WIDE, Visitor
from tests.integration.console.conftest import SignedIn
from tests.integration.console.filled_work import BASE_ON_TRIAL, COMMITTED, PATTERNS, RECORDS, SUSPICIOUS_NOTE
from tests.integration.console.models_in_force import FRAUDS, SECRET
from tests.integration.console.pages_setup import ALERTS, SECOND_ADMIN

LIVE, OTHER, ON_TRIAL, DRAFT = PATTERNS[:4]


class AnsweringWorker:
    """Takes requests from the topic as the adaptation worker does, and answers each with `done`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.asked: list[Request] = []

    def __enter__(self) -> Self:
        topic, bootstrap = self._settings.topics.feedback, self._settings.broker.bootstrap
        create_topic(self._settings.broker, answers_topic(topic))
        self._producer = KafkaProducer(bootstrap_servers=bootstrap)
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        self._consumer.assign([TopicPartition(topic, 0)])
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._end.set()
        self._thread.join()
        self._consumer.close()
        self._producer.close()

    def asked_by(self, author: str) -> list[Request]:
        """Return the requests of one author, in order."""
        return [one for one in self.asked if one.author == author]

    def _run(self) -> None:
        while not self._end.is_set():
            for records in self._consumer.poll(timeout_ms=50).values():
                for record in records:
                    request = read_request(record.value)
                    self.asked.append(request)
                    answer = Answer(request.request_id, "done", f"{request.kind} worked")
                    topic, value = answers_topic(self._settings.topics.feedback), msgspec.json.encode(answer)
                    signed = Trust.derived(SECRET.encode(), ADAPTER).signed(topic, b"", value)
                    self._producer.send(topic, value, headers=signed).get(10)


@pytest.fixture
def worker(set_up: Settings) -> Iterator[AnsweringWorker]:
    with AnsweringWorker(set_up) as worker:
        yield worker


def row_of(page: Page, table: str, words: str) -> list[str]:
    """Return the cells of the table row that contains these words."""
    return (
        page.get_by_label(table, exact=True)
        .get_by_role("row")
        .filter(has_text=words)
        .locator("td")
        .all_inner_texts()
    )


def test_a_lead_sees_what_is_in_force_and_what_is_on_trial_and_compares_two(lead: Visitor) -> None:
    page = lead.page
    lead.open("/detectors")
    assert row_of(page, "Detectors, live", LIVE.name)[1:] == ["46.9%", "12", "9", "3", "75%"]
    assert row_of(page, "Detectors, shadow", ON_TRIAL.name)[1:4] == ["14", "9", "720"]
    assert row_of(page, "Detectors, shadow", BASE_ON_TRIAL)[1:3] == ["30", "20"]
    assert "adds 0.14% of alerts" in row_of(page, "Detectors, draft", "parcel shops")[0]
    page.get_by_role("link", name="Compare").click()
    for label, one in (("First", LIVE), ("Second", OTHER)):
        lead.choose(label, one.name)
        expect(page.get_by_label(label, exact=True)).to_have_value(f"{one.name} · live")
    page.get_by_role("button", name="Compare").click()
    compared = page.get_by_label("Differences")
    expect(compared).to_contain_text("added alert rate")
    assert row_of(page, "Differences", "share") == ["share", "46.9%", "23.5%"]
    lead.picture("compared")


def test_a_lead_sees_earlier_bases_compares_two_and_brings_one_back(
    lead: Visitor, worker: AnsweringWorker
) -> None:
    page = lead.page
    lead.open("/detectors")
    live = page.get_by_label("Detectors, live").get_by_role("row").filter(has_text="base").locator("td")
    of_live = live.all_inner_texts()
    lead.open("/detectors/bases")
    name, stay, ended, training, *figures = row_of(
        page, "Bases that have been in force", "trained on the second quarter"
    )
    assert "offset" in stay
    assert "by lead\ntrained on the third quarter" in ended
    assert "1,204,000 rows, 2,310 frauds" in training
    # The analyst of another test may have judged one of its alerts, so compare the page with the API.
    told = page.request.get(f"{lead.origin}/api/v1/detectors/bases").json()["rows"][-1]
    judged = told["confirmed"] + told["rejected"]
    precision = f"{told['confirmed'] / judged:.0%}" if judged else "–"
    assert figures[:3] == ["3.10", f"{ALERTS // 2:,}", precision]
    assert of_live[2] == f"{ALERTS // 2:,}"
    lead.open("/detectors/compare")
    lead.choose("First", name.splitlines()[0])
    lead.choose("Second", of_live[0].splitlines()[0])
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_label("Differences")).to_contain_text("in force: threshold")
    assert row_of(page, "Differences", "in force: threshold") == ["in force: threshold", "3.1", "3"]
    assert row_of(page, "Differences", "training: seed") == ["training: seed", "1", "0"]
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    lead.picture("bases-compared-narrow")
    page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})
    lead.open("/detectors/bases")
    page.get_by_role("button", name="Bring back").click()
    page.get_by_role("dialog").get_by_label("Reason").fill("the new one misses card testing")
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("rollback worked")).to_be_visible()
    (asked,) = [one for one in worker.asked_by("lead") if one.name == "base/base"]
    assert (asked.kind, asked.reason) == ("rollback", "the new one misses card testing")
    page.get_by_label("Bases that have been in force").scroll_into_view_if_needed()
    lead.picture("bases")
    page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    lead.picture("bases-narrow")


def test_a_lead_rolls_a_change_back_and_retires_a_detector(lead: Visitor, worker: AnsweringWorker) -> None:
    page = lead.page
    lead.open("/detectors/history")
    changed = page.get_by_label("Changes of what is in force").get_by_role("row")
    replaced = changed.filter(has_text=LIVE.detector).filter(has_text="offset 4")
    expect(replaced.get_by_role("button")).to_have_count(0)  # a later change exists
    changed.filter(has_text=LIVE.detector).filter(has_text="offset 5").get_by_role("button").click()
    page.get_by_role("dialog").get_by_role("button", name="Roll back").click()
    expect(page.get_by_text("rollback worked")).to_be_visible()
    lead.open(f"/episodes/{OTHER.name}")
    page.get_by_role("button", name="Retire").click()
    page.get_by_label("Reason").fill("covered by the base")
    page.get_by_role("dialog").get_by_role("button", name="Retire").click()
    expect(page.get_by_text("retire worked")).to_be_visible()
    assert [(one.kind, one.name, one.author, one.reason) for one in worker.asked_by("lead")[-2:]] == [
        ("rollback", f"detector/{LIVE.detector}", "lead", ""),
        ("retire", f"e-{OTHER.detector}", "lead", "covered by the base"),
    ]


def test_a_dialog_stays_open_while_the_page_behind_it_changes(lead: Visitor, set_up: Settings) -> None:
    page, said = lead.page, "three joined meanwhile"
    lead.open(f"/episodes/{LIVE.name}")
    page.get_by_role("button", name="Roll back").click()
    reason = page.get_by_role("dialog").get_by_label("Reason")
    reason.fill("a rehearsal")
    grow(set_up, said)
    try:
        expect(page.get_by_text(f"Waits for approval: {said}")).to_be_visible()
        expect(page.locator("button", has_text="Approve")).to_be_visible()  # the heading is drawn anew
        expect(reason).to_have_value("a rehearsal")
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    finally:
        grow(set_up, None)


def grow(settings: Settings, waits_for: str | None) -> None:
    """Say in the database what of the live episode's growth waits for approval."""
    engine = open_engine(settings.storage.url)
    with UnitOfWork(engine) as unit:
        episode = unit.episodes.find_with_status(LIVE.name, "live")
        assert episode is not None
        episode.details = {**episode.details, GROWTH_WAITS: waits_for}
        unit.commit()
    engine.dispose()


def test_a_lead_tries_a_draft_on_the_stored_past(lead: Visitor) -> None:
    page = lead.page
    lead.open(f"/episodes/{DRAFT.name}")
    expect(page.get_by_role("checkbox", name="with this detector")).to_be_checked()
    page.get_by_label("Budget, %").fill("1")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_label("What if", exact=True).get_by_role("table")).to_be_visible(timeout=30_000)
    assert row_of(page, "Terms", "Known fraud caught")[2].startswith(f"{FRAUDS} of {FRAUDS}")
    page.get_by_label("Terms").scroll_into_view_if_needed()
    lead.picture("what-if")


def test_a_lead_opens_a_case_works_on_it_and_hands_it_over(lead: Visitor) -> None:
    page = lead.page
    lead.open("/cases")
    page.get_by_role("button", name="New case").click()
    page.get_by_role("dialog").get_by_label("Title").fill("Two cards, one phone")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Two cards, one phone")).to_be_visible()
    page.get_by_label("Transaction id").fill("tx-9")
    page.get_by_role("button", name="Add alert").click()
    expect(page.get_by_label("Alerts of the case").get_by_role("row")).to_have_count(2)
    page.get_by_label("Add a note").fill("called the holder")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator(".note")).to_contain_text("called the holder")
    lead.choose("Status", "closed")
    expect(page.get_by_text("Saved")).to_be_visible()
    page.get_by_label("Owner's name").fill("no such user")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_text("is not an active user who may work on alerts")).to_be_visible()
    page.get_by_label("Owner's name").fill("analyst")
    page.get_by_role("button", name="Hand over").click()
    expect(page.locator("dl.facts")).to_contain_text("analyst")
    lead.open("/cases?status=closed")
    assert row_of(page, "Cases", "Two cards, one phone")[:4] == [
        "Two cards, one phone",
        "closed",
        "analyst",
        "1",
    ]
    assert row_of(page, "Cases", "Mule accounts") == []


def test_cases_are_exported_as_they_are_listed_and_no_note_is_a_formula(lead: Visitor) -> None:
    lead.open("/cases?status=working")
    rows = list(csv.DictReader(io.StringIO(exported(lead.page, "CSV"))))
    assert [(row["status"], row["owner"], row["alerts"]) for row in rows] == [("working", "analyst", "3")]
    (case,) = json.loads(exported(lead.page, "JSON"))
    assert [note["text"] for note in case["notes"]] == [SUSPICIOUS_NOTE]
    assert [row["card"] for row in case["alert_rows"]] == ["***************0007"] * 3


def exported(page: Page, kind: str) -> str:
    with page.expect_download() as download:
        page.get_by_role("link", name=kind).click()
    return Path(download.value.path()).read_text()


def test_monitoring_shows_drift_quality_alarms_and_how_far_scoring_is_behind(lead: Visitor) -> None:
    page = lead.page
    lead.open("/monitoring")
    expect(page.locator(".banner")).to_contain_text(
        "feature drift: merchant_amount_ratio_7d at 0.41, allowed 0.25"
    )
    assert row_of(page, "Drift by feature", "merchant_amount_ratio_7d")[1:] == ["0.410", "major"]
    for plot in ("Alert rate over time", "Quality by day"):
        expect(page.get_by_role("img", name=plot).locator("canvas, svg").first).to_be_visible()
    lag = RECORDS - COMMITTED
    expect(page.locator('[data-partition="0"]')).to_contain_text(f"{lag}")
    assert row_of(page, "Lag of each partition", str(COMMITTED)) == [
        "0",
        f"{lag}",
        f"{COMMITTED}",
        f"{RECORDS}",
    ]
    assert row_of(page, "Workers", "worker-1")[1:3] == ["0", "offset 9"]


def test_under_four_eyes_a_lead_cannot_approve_an_episode_of_their_own(
    lead: Visitor, signed_in: SignedIn
) -> None:
    admin, approve = signed_in("admin"), lead.page.get_by_role("button", name="Approve")
    set_four_eyes(admin, True)
    try:
        lead.open(f"/episodes/{DRAFT.name}")
        expect(approve).to_be_disabled()
    finally:
        proposal = set_four_eyes(admin, False)["proposed"]["id"]
        send(signed_in(SECOND_ADMIN), "post", f"policy/proposals/{proposal}/approve", {})
    lead.open(f"/episodes/{DRAFT.name}")
    expect(approve).to_be_enabled()


def set_four_eyes(admin: Visitor, on: bool) -> dict[str, Any]:
    return send(admin, "put", "policy", {"four_eyes": on})


def send(person: Visitor, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Call the API as the person who is signed in."""
    api = f"{person.origin}/api/v1"
    csrf = person.page.request.get(f"{api}/session").json()["csrf"]
    call = getattr(person.page.request, method)
    answer = call(f"{api}/{path}", data=body, headers={"X-CSRF-Token": csrf})
    assert answer.ok, answer.text()
    found: dict[str, Any] = answer.json()
    return found
