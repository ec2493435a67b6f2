"""A real Prometheus returns data for every expression of dashboards and rules on a running flagfive.

1. Broker, worker, recorder, adapter, monitor, console, decision API and a feed run.
2. An analyst flags a pattern, waits until the detector is live, and judges alerts.
3. These return data: every panel's expression, every recording rule, and the left side of every alert.
4. The number of series stays small.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from flagfive.processes import Processes
from settings import BudgetSettings, ControlSettings, Settings
from tests.dashboard_files import left_sides, panel_expressions, rules
from tests.integration.monitoring.running import BUDGET, SECRET, Running, scraped
from tests.waiting import until

MOST_SERIES = 600
"""Of one process, on two partitions; each further partition adds some twenty to a worker."""


def expressions() -> list[tuple[str, str]]:
    """Return the location and the expression of every panel and rule."""
    asked = [
        (where, expression.replace("$__rate_interval", "1m")) for where, expression in panel_expressions()
    ]
    for rule in rules():
        name = rule.get("alert") or rule["record"]
        asked += [(name, side) for side in left_sides(rule["expr"])]
    return asked


@pytest.mark.timeout(600)
def test_every_panel_and_rule_gets_an_answer_from_what_runs(
    stream_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLAGFIVE_CONTROL_KEY", SECRET)
    with Processes(tmp_path / "log") as processes:
        own = {
            "control": ControlSettings(key=SecretStr(SECRET)),
            "budget": BudgetSettings(alert_rate=BUDGET),
        }
        running = Running(stream_settings.model_copy(update=own), processes)
        with scraped(running, tmp_path) as prometheus:
            running.start_everything()
            running.store_old_frauds()
            running.work_as_analyst()
            unanswered = list(expressions())

            def all_answered() -> bool:
                unanswered[:] = [one for one in unanswered if not prometheus.has(one[1])]
                return not unanswered

            try:
                until(all_answered, what="data for every expression", within_s=240)
            except AssertionError:
                assert unanswered == []
            assert few_series(prometheus.ask("query", query="count by (job) ({job!=''})")["result"])
            told = prometheus.ask("alerts")["alerts"]
            assert all(re.match(r"^[^{]+$", one["annotations"]["description"]) for one in told)
        running.engine.dispose()


def few_series(counts: list[dict[str, list[str]]]) -> bool:
    assert len(counts) >= 5
    return all(float(one["value"][1]) < MOST_SERIES for one in counts)
