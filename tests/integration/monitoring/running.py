"""All flagfive processes on light traffic, an analyst, and a Prometheus that scrapes them."""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import yaml
from kafka import KafkaProducer

from console.access.first_admin import link_for_admin
from console.server import PREFIX
from features.offline import Featuriser
from features.schema import TransactionSchema
from flagfive.database import open_database
from flagfive.demo.base import put_base_in_force
from flagfive.demo.stage import environment_of
from flagfive.own_broker import free_port
from flagfive.processes import Processes
from meta.artifacts import Artifacts
from settings import Settings
from simulate.traffic import SimulatedTraffic
from storage import UnitOfWork, migrate
from storage.labels import FRAUD
from storage.scored_transactions import COLUMNS as SCORED
from tests.adaptation_worker import Analyst
from tests.dashboard_files import CLONE, RULE_FILES
from tests.gateway_run import TOKEN, add_token
from tests.system_tools import find_prometheus
from tests.waiting import until

DAY_S = 86_400.0
JOBS = ("worker", "recorder", "adapter", "monitor", "console", "decide", "feed")
SECRET = "a secret of enough length"
DAYS, RATE, CARDS = 3, 60, 2_000
BUDGET = 0.01  # of 9,000 payments: ninety over the threshold, so that one more changes nothing
ODD = 8  # flags, and the same number of payments afterwards
DELAYS = 40


class Running:
    """The running set-up, its ports, and the actions of a test."""

    def __init__(self, settings: Settings, processes: Processes) -> None:
        self.settings, self.processes = settings, processes
        self.ports = {job: free_port() for job in JOBS}
        self.console_port, self.decide_port = free_port(), free_port()
        self.engine = open_database(settings)
        migrate.upgrade(self.engine)

    def start(self, verb: str, *arguments: str) -> None:
        """Start a `flagfive` verb with the set-up's settings."""
        ports = {f"FLAGFIVE_METRICS__{job}_PORT".upper(): str(port) for job, port in self.ports.items()}
        environment = {
            **environment_of(self.settings),
            **ports,
            "PYTHONPATH": str(CLONE),
            "OMP_NUM_THREADS": "1",
            "FLAGFIVE_CONTROL_KEY": SECRET,
            "FLAGFIVE_BROKER": self.settings.broker.bootstrap,
            "FLAGFIVE_VAR": str(self.settings.var),
            "FLAGFIVE_STORAGE__URL": self.settings.storage.url,
            "FLAGFIVE_ADAPTATION__ADAPTER": "ridge",
            "FLAGFIVE_BUDGET__ALERT_RATE": str(self.settings.budget.alert_rate),
            "FLAGFIVE_MONITORING__EVERY_S": "1",
            "FLAGFIVE_MONITORING__LABEL_DELAY_DAYS": "0",
            # The receiver is away; a try that fails is counted too.
            "FLAGFIVE_WEBHOOKS__ENDPOINTS": json.dumps(
                [{"name": "tickets", "url": f"http://127.0.0.1:{free_port()}/", "events": ["alerts"]}]
            ),
            "FLAGFIVE_WEBHOOKS__SECRET": SECRET,
        }
        command = [sys.executable, "-m", "flagfive", verb, *arguments]
        self.processes.start(verb, command, environment=environment, folder=CLONE)

    def start_everything(self) -> None:
        """Put a base in force, start every process, record three days of history, start live traffic."""
        # Three cold days do not measure past fraud: with that measure the gate refused every other episode.
        without_past = replace(Artifacts.load(), past=np.zeros((0, 0), np.float32))
        put_base_in_force(self.settings, genuine_features(), without_past)
        for verb in ("recorder", "worker", "monitor"):
            self.start(verb)
        traffic = ("--days", str(DAYS), "--live", "--rate", str(RATE), "--cards", str(CARDS))
        self.start("simulate", *traffic, "--seconds", "300")
        until(lambda: self.stored() > DAYS * 3_000, what="history to be recorded", within_s=200)
        self.start("adapter")
        self.start("console", "--port", str(self.console_port))
        add_token(self.settings)
        self.start("decide", "--port", str(self.decide_port))

    def stored(self) -> int:
        """Return the number of transactions in the database."""
        with UnitOfWork(self.engine, reads_only=True) as unit:
            return sum(high - low + 1 for low, high in unit.transactions.offset_ranges().values())

    def send_odd(self, name: str) -> list[str]:
        """Send payments that no other source sends; return their ids once they are recorded."""
        ids = [f"{name}-{n}" for n in range(ODD)]
        with UnitOfWork(self.engine, reads_only=True) as unit:
            newest = unit.transactions.newest_event_time() or 0.0
        producer = KafkaProducer(bootstrap_servers=self.settings.broker.bootstrap)
        for n, identity in enumerate(ids):
            card = f"card-{name}-{n}"
            payment = {
                "transaction_id": identity, "time": int(1e3 * (newest + n)), "amount": 40_000.0 + n,
                "currency": "EUR", "category": 7995, "channel": "ecom", "card_id": card,
                "merchant_id": f"shop-{name}-{n}",
            }  # fmt: skip  # separate shops: a shared shop would be blocked without a detector
            value = msgspec.json.encode(payment)
            producer.send(self.settings.topics.transactions, value, key=card.encode())
        producer.flush()
        producer.close()
        until(lambda: self._knows(ids), what="the odd payments to be recorded")
        return ids

    def work_as_analyst(self) -> None:
        """Flag a pattern, wait until it is live, judge its alerts and the base's, and send chargebacks."""
        analyst = Analyst(self.settings)
        analyst.send("flag-1", fraud=self.send_odd("first"), name="odd")
        analyst.answer("flag-1", "live")
        caught = self.send_odd("second")
        until(lambda: self._alerted(caught), what="alerts of the pattern")
        analyst.send("label-1", kind="label", fraud=caught, name="")
        analyst.send("label-2", kind="label", fraud=self._ids(40), name="", source="chargeback")
        for request in ("label-1", "label-2"):
            assert analyst.answer(request).status == "done"
        analyst.close()
        self.work_in_console(caught)
        self.ask_for_decisions()

    def work_in_console(self, ids: list[str]) -> None:
        """Sign in with a link and confirm `ids`."""
        secret = link_for_admin(self.engine, now=time.time(), always=True)
        with httpx.Client(base_url=f"http://127.0.0.1:{self.console_port}{PREFIX}", timeout=20) as browser:

            def signed_in() -> bool:
                try:
                    return browser.get("/session/once", params={"token": secret}).is_redirect
                except httpx.TransportError:
                    return False

            until(signed_in, what="the console to let its first user in")
            csrf = browser.get("/session").json()["csrf"]
            request = str(uuid.uuid4())
            labels = {"ids": ids, "verdict": "fraud", "source": "analyst", "request_id": request}

            def labelled() -> bool:
                """Send the same request again while the worker is too busy to answer in time."""
                return browser.post("/labels", json=labels, headers={"X-CSRF-Token": csrf}).is_success

            until(labelled, what="the adaptation worker to answer")

    def ask_for_decisions(self) -> None:
        """Ask for decisions until one is a score."""
        header = {"Authorization": f"Bearer {TOKEN}"}
        with httpx.Client(
            base_url=f"http://127.0.0.1:{self.decide_port}", headers=header, timeout=20
        ) as caller:

            def scored() -> bool:
                payment = {
                    "transaction_id": f"asked-{time.time_ns()}", "time": int(1e3 * time.time()),
                    "amount": 12.5, "card_id": "card-asked", "merchant_id": "shop-asked",
                }  # fmt: skip
                try:
                    answer = caller.post("/v1/decisions", params={"deadline_ms": 5_000}, json=payment)
                except httpx.TransportError:
                    return False
                return answer.is_success and not answer.json()["fallback"]

            until(scored, what="a decision")

    def _knows(self, ids: list[str]) -> bool:
        with UnitOfWork(self.engine, reads_only=True) as unit:
            return len(unit.transactions.by_ids(ids)) == len(ids)

    def _alerted(self, ids: list[str]) -> bool:
        with UnitOfWork(self.engine, reads_only=True) as unit:
            return {alert.transaction_id for alert in unit.alerts.newest(500)} >= set(ids)

    def _ids(self, count: int) -> list[str]:
        """Return some payments of the whole days of history."""
        with UnitOfWork(self.engine, reads_only=True) as unit:
            return [
                row.transaction_id
                for row in unit.transactions.evenly_spaced(count)
                if row.source_partition < 900
            ]

    def store_old_frauds(self) -> None:
        """Store frauds of forty days ago, half of them alerted; their labels show the delay of labels."""
        began = until(self._first_event_time, what="a first payment") - 40 * DAY_S
        features = np.zeros((1, 46), "<f4").tobytes()
        rows = []
        for n in range(2 * DELAYS):
            values = {
                "source_partition": 900, "source_offset": n, "transaction_id": f"old-{n}",
                "event_time": began, "arrival": began, "amount": 10.0, "currency": "EUR", "category": 5411,
                "entities": '{"card": "old", "merchant": "old"}', "features": features, "surprise": 4.0,
                "tail": 1e-4, "decision": n % 2, "winner": 0, "winner_id": "base",
                "control_offset": 0, "scored_at": None, "links": None,
            }  # fmt: skip
            rows.append(tuple(values[name] for name in SCORED))
        labels = [
            (f"old-{n}", FRAUD, "chargeback", "feed", began + n * 3_600.0, f"old-{n}")
            for n in range(2 * DELAYS)
        ]
        with UnitOfWork(self.engine) as unit:
            unit.transactions.add_many(rows)
            unit.labels.add_many(labels)
            unit.commit()

    def _first_event_time(self) -> float | None:
        with UnitOfWork(self.engine, reads_only=True) as unit:
            return unit.transactions.newest_event_time()


def genuine_features() -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return features of a few days of the coming traffic, to measure the base's tails."""
    featuriser, schema = Featuriser(TransactionSchema()), TransactionSchema()
    chunks = list(SimulatedTraffic(7, CARDS).history(1.7e9, float(DAYS)))
    parts = [featuriser.features(chunk.features_columns(schema))[~chunk.fraud] for chunk in chunks]
    return np.concatenate(parts)


class Prometheus:
    """A real Prometheus that scrapes every process each second, with the rules of the repository."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/api/v1"

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of the response. Raise an error if Prometheus rejects the expression."""
        url = f"{self._url}/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.load(answer)["data"]

    def has(self, expression: str) -> bool:
        """Return whether the expression returns data now."""
        return bool(self.ask("query", query=expression)["result"])


@contextmanager
def scraped(running: Running, folder: Path) -> Iterator[Prometheus]:
    """Start Prometheus for all jobs, with recording and alerting rules."""
    port = free_port()
    scrapes = [
        {"job_name": job, "static_configs": [{"targets": [f"127.0.0.1:{number}"]}]}
        for job, number in running.ports.items()
    ]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(path) for path in RULE_FILES],
        "scrape_configs": scrapes,
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    command = [
        find_prometheus(), f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
    ]  # fmt: skip
    running.processes.start("prometheus", command, environment=dict(os.environ))
    prometheus = Prometheus(port)

    def answers() -> bool:
        try:
            return prometheus.has("vector(1)")
        except OSError:
            return False

    until(answers, what="Prometheus to answer")
    yield prometheus
