"""A base without evidence networks: episodes are adapted with what needs no network."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from contracts.standing_policy import StandingPolicy
from tests.small_models import network_change, small_network
from tests.unit.adaptation.worker_in_memory import WorkerInMemory, a_flag


def test_an_adapter_whose_networks_are_missing_is_replaced_and_the_detector_goes_live(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    worker = WorkerInMemory(engine, StandingPolicy(), adapter="evidence", network=False)
    worker.handle(a_flag())
    assert worker.live == 1
    assert [d.detector.adapter for d in worker.log.refresh().detectors] == ["ridge"]
    assert "adaptation.adapter = 'evidence' cannot run (no evidence network;" in caplog.text


def test_a_detector_made_without_a_network_still_scores_once_there_is_one(engine: Engine) -> None:
    worker = WorkerInMemory(engine, StandingPolicy(), adapter="portfolio", network=False)
    worker.handle(a_flag())
    assert worker.live == 1
    worker.log.announce(network_change(small_network()))
    assert (worker.live, worker.log.refresh().dormant) == (1, ())
