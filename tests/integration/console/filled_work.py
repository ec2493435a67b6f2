"""A team's work so far: detectors in every state, cases, and measurements of the monitor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition

from contracts.acknowledgement import Acknowledgement
from contracts.signing.principals import WORKER
from contracts.signing.trust import Trust
from settings import Settings
from storage import UnitOfWork
from storage.alerts import COLUMNS, priority_of
from storage.bulk import Row
from storage.cases import Case, CaseAlert, CaseLink
from storage.control_entries import COLUMNS as CONTROL_COLUMNS
from storage.control_entries import ControlEntry
from storage.detectors import DetectorRow
from storage.episodes import REVIEW, Episode, EpisodeTransaction
from storage.measurements import Measurement
from storage.notes import OF_CASE, Note
from tests.integration.console.models_in_force import DRAFT, SECRET, a_rule_and_a_list, announced

DAY_S, HOUR_S = 86_400.0, 3_600.0
BASE, BASE_ON_TRIAL = "base-9f31c204", "base-1c77e0aa"
SUSPICIOUS_NOTE = "=HYPERLINK(1) the holder was in Lisbon"
"""A note that a spreadsheet would take for a formula."""
RECORDS, COMMITTED = 30, 18
"""Transactions on the topic, and how far the scorers have committed."""


@dataclass(frozen=True)
class Pattern:
    """An episode with its detector, and its numbers of confirmed and rejected alerts."""

    name: str
    status: str
    adapter: str
    shift: float
    offset: int | None
    confirmed: int = 0
    rejected: int = 0
    reason: str = ""
    author: str = "analyst"

    @property
    def detector(self) -> str:
        return "d-" + self.name.replace(" ", "-")


PATTERNS = (
    Pattern("gift cards", "live", "evidence", 0.2, 4, confirmed=9, rejected=3),
    Pattern("night refunds", "live", "evidence", -0.1, 6, confirmed=2, rejected=1),
    Pattern("card testing", "shadow", "ridge", 0.0, 8),
    Pattern(
        "parcel shops",
        "draft",
        "evidence",
        0.0,
        None,
        reason="adds 0.14% of alerts, 0.05% are left",
        author="lead",
    ),
    Pattern(
        "old mules", "retired", "evidence", 0.0, 9, confirmed=4, rejected=2, reason="the new base covers it"
    ),
)


def fill_work(unit: UnitOfWork, now: float, *, card: str, alerts: Sequence[str]) -> None:
    """Store all work; `alerts` are alerted transactions of `card`, for one of the cases."""
    unit.control.add_many(announced(now))
    unit.control.add_many(a_rule_and_a_list(now))
    unit.control.add_many(_control_row(*one, now) for one in _announcements())
    for place, pattern in enumerate(PATTERNS):
        _add_pattern(unit, pattern, place, now)
    unit.shadow_alerts.add_many(_trial(now))
    unit.measurements.put([*_traffic(now), *_drift(now), *_quality(now), _alarm(now)])
    _add_cases(unit, now, card, alerts)


def fill_topics(settings: Settings, now: float) -> None:
    """Fill the topics as a worker that has acknowledged all entries in force and lags behind."""
    producer = KafkaProducer(bootstrap_servers=settings.broker.bootstrap)
    ack = msgspec.json.encode(Acknowledgement("worker-1", (0,), 9, now - 30.0))
    topic = settings.topics.control_acks
    signed = Trust.derived(SECRET.encode(), WORKER).signed(topic, b"worker-1", ack)
    producer.send(topic, ack, key=b"worker-1", headers=signed)
    for number in range(RECORDS):
        producer.send(settings.topics.transactions, b"{}", key=b"%d" % number, partition=0)
    producer.close()
    partition = TopicPartition(settings.topics.transactions, 0)
    consumer = KafkaConsumer(
        bootstrap_servers=settings.broker.bootstrap, group_id=settings.stream.group, enable_auto_commit=False
    )
    consumer.assign([partition])
    consumer.commit({partition: OffsetAndMetadata(COMMITTED, "", -1)})
    consumer.close(autocommit=False)


def _announcements() -> Iterator[tuple[int, str, str, str, bool]]:
    """Return offset, kind, id, reason and whether the entry was removed."""
    for pattern in PATTERNS:
        kind = "shadow" if pattern.status == "shadow" else "detector"
        if pattern.offset is not None:
            words = pattern.reason or "flagged"
            yield pattern.offset, kind, pattern.detector, words, pattern.status == "retired"
    yield 5, "detector", PATTERNS[0].detector, "grows by 2", False
    yield 7, "shadow", BASE_ON_TRIAL, "trained on the fourth quarter", False


def _control_row(offset: int, kind: str, identity: str, reason: str, retired: bool, now: float) -> Row:
    entry = ControlEntry(
        control_offset=offset, kind=kind, entry_id=identity, parent=None, content_hash=identity[-8:],
        author="lead", reason=reason, time=now - (12 - offset) * HOUR_S, sequence=offset, retired=retired,
        value=b"",
    )  # fmt: skip
    return tuple(getattr(entry, name) for name in CONTROL_COLUMNS)


def _asked(place: int) -> dict[str, list[str]]:
    """Return the review of an episode; only the first one asks."""
    asked = ["tx-40", "tx-41", "tx-42"] if place == 0 else []
    return {"alike": asked, "open": asked}


def _add_pattern(unit: UnitOfWork, pattern: Pattern, place: int, now: float) -> None:
    episode = Episode(
        id=f"e-{pattern.detector}", request_id=f"r-{place}", name=pattern.name, author=pattern.author,
        status=pattern.status, reason=pattern.reason or None, flagged_at=now - place * DAY_S,
        detector_id=pattern.detector, control_offset=pattern.offset, flag_to_adapted_ms=240.0,
        flag_to_live_ms=610.0 if pattern.status == "live" else None,
        details={"notes": ["both were at one terminal"], "added_alert_rate": 0.0002, REVIEW: _asked(place)},
        transactions=[
            EpisodeTransaction(transaction_id=f"tx-{5 * place + n}", role="support") for n in range(5)
        ],
    )  # fmt: skip
    unit.episodes.add(episode)
    unit.session.flush()
    gate = {"shift": pattern.shift, "added_alert_rate": 0.0002 + place / 1e5, "found": 0.8, "notes": ["n"]}
    unit.detectors.put(
        DetectorRow(
            id=pattern.detector, episode_id=episode.id, parent=BASE, adapter=pattern.adapter,
            content_hash=f"{place}a7c", payload=DRAFT, status=pattern.status, threshold=3.2, gate=gate,
            created_at=now - place * DAY_S, control_offset=pattern.offset,
        )
    )  # fmt: skip
    first = 1_000 * (place + 1)
    judged = {"confirmed": pattern.confirmed, "rejected": pattern.rejected}
    for verdict, number in judged.items():
        rows = [_alert(pattern, first + n, now) for n in range(number)]
        unit.alerts.add_many(rows)
        unit.alerts.set_status([str(row[COLUMNS.index("transaction_id")]) for row in rows], verdict)
        first += number


def _alert(pattern: Pattern, place: int, now: float) -> Row:
    amount, surprise, identity = 40.0 + place % 400, 4.0, f"caught-{place}"
    body = {"transaction_id": identity, "event_time": now - place, "amount": amount, "currency": "EUR",
            "entities": {"card": f"tok_{place:015d}"}, "surprise": surprise, "tail": 1e-4,
            "decision": "review", "scorer": pattern.detector, "control_offset": 9, "reasons": []}  # fmt: skip
    values = {"source_partition": 2, "source_offset": place, "transaction_id": identity,
              "raised_at": now - place, "body": msgspec.json.encode(body).decode(), "amount": amount,
              "surprise": surprise, "priority": priority_of(surprise, amount),
              "scorer": pattern.detector, "card": f"tok_{place:015d}", "queue": "", "tags": "",
              "cause": ""}  # fmt: skip
    return tuple(values[name] for name in COLUMNS)


def _trial(now: float) -> Iterator[Row]:
    for shadow, number in ((PATTERNS[2].detector, 14), (BASE_ON_TRIAL, 30)):
        for n in range(number):
            yield shadow, 0, n, f"tx-{n}", now - 60.0 * n, 80.0, 4.0, n % 3 == 0, 8


def _traffic(now: float) -> Iterator[Measurement]:
    """Return three days of hourly counts, low at night."""
    newest = now // HOUR_S * HOUR_S
    for ago in range(72):
        rows = 9_000.0 - 250.0 * ((ago - 12) % 24)
        details = {"alerts": rows * (0.0008 + 0.00002 * (ago % 9))}
        yield Measurement(kind="traffic", subject="", time=newest - ago * HOUR_S, value=rows, details=details)


def _drift(now: float) -> Iterator[Measurement]:
    at = now // DAY_S * DAY_S
    moved = {"amount_log": 0.03, "card_count_1h": 0.17, "merchant_amount_ratio_7d": 0.41, "hour_sin": 0.01}
    for subject, value in moved.items():
        yield Measurement(kind="psi", subject=subject, time=at, value=value, details={})


def _quality(now: float) -> Iterator[Measurement]:
    """Return two weeks of quality; late reports make the newest days look worse than they are."""
    newest = now // DAY_S * DAY_S - DAY_S
    for age in range(14):
        known, missing = 40 - 2 * max(0, 7 - age), max(0.0, 0.35 - 0.05 * age)
        about = {"age_days": age + 0.5, "frauds": known, "labels_missing": missing}
        spread = {"recall": 0.62 + 0.01 * (age % 4), "average_precision": 0.48, "card_precision": 0.55}
        spread["estimated_recall"] = spread["recall"] - 0.04 * missing
        for kind, value in spread.items():
            yield Measurement(kind=kind, subject="", time=newest - age * DAY_S, value=value,
                              low=value - 0.08, high=value + 0.07, details=about)  # fmt: skip


def _alarm(now: float) -> Measurement:
    details = {"subjects": ["merchant_amount_ratio_7d"], "limit": 0.25, "worst": 0.41, "found": {}}
    return Measurement(
        kind="alarm", subject="feature_drift", time=now - 5 * HOUR_S, value=1.0, details=details
    )


def _add_cases(unit: UnitOfWork, now: float, card: str, alerts: Iterable[str]) -> None:
    found = unit.queue.of_transactions(list(alerts))
    case = Case(
        name=f"{card[-4:]}: payments in two countries", status="working", owner="analyst", author="analyst",
        created_at=now - DAY_S, updated_at=now - HOUR_S,
        alerts=[CaseAlert(alert_id=one.id, transaction_id=one.transaction_id) for one in found.values()],
        links=[
            CaseLink(address="https://tickets.example/4711", title="Ticket 4711", author="analyst", time=now)
        ],
    )  # fmt: skip
    unit.cases.add(case)
    unit.notes.add(
        Note(kind=OF_CASE, subject=str(case.id), author="analyst", time=now - HOUR_S, text=SUSPICIOUS_NOTE)
    )
    for name, status, age in (("Mule accounts, Riga", "open", 2.0), ("Refund ring", "closed", 9.0)):
        unit.cases.add(
            Case(name=name, status=status, owner=None, author="lead", created_at=now - age * DAY_S,
                 updated_at=now - age * DAY_S)
        )  # fmt: skip
