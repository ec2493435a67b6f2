"""`flagfive doctor` on a cluster of which a broker is away."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.cluster.three_brokers import ThreeBrokers
from tests.stream_run import ROOT, StreamRun, environment_of
from tests.waiting import until


def test_doctor_names_a_broker_that_is_away(whole_cluster: ThreeBrokers, run: StreamRun) -> None:
    def doctor() -> str:
        command = [sys.executable, "-m", "flagfive", "doctor"]
        environment = {**os.environ, **environment_of(run.settings), "PYTHONPATH": str(ROOT)}
        environment["FLAGFIVE_BROKER"] = run.settings.broker.bootstrap
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True).stdout

    assert "ok       copies: " in doctor()
    whole_cluster.kill(2)
    told = until(
        lambda: next((said for said in [doctor()] if "missing  copies" in said), None), what="a missing copy"
    )
    assert "10.77.0.2:9092 does not answer" in told
    assert "broker 2 is away or catching up" in told
    assert "Scoring goes on" in told
