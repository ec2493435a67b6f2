"""`flagfive backtest` on a small file, from the command to the figures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from flagfive.verbs.backtest import app
from tests.unit.replay.files import payments

MAPPING = """
id = "id"
time = "when"
amount = "amount"
entities = [{ name = "card", column = "card" }, { name = "merchant", column = "shop" }]
label = { column = "fraud" }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("backtest")
    payments(12_000, days=10).to_parquet(path / "payments.parquet", index=False)
    (path / "mapping.toml").write_text(MAPPING)
    return path


def run(folder: Path, *more: str) -> str:
    arguments = [str(folder / "payments.parquet"), "--mapping", str(folder / "mapping.toml"), *more]
    result = CliRunner().invoke(app, arguments)
    return result.output + str(result.exception or "")


def test_a_budget_and_an_episode_are_compared_with_what_is_in_force(folder: Path) -> None:
    frame = payments(12_000, days=10)
    flags = [f"--flag={i}" for i in frame.id[np.flatnonzero(frame.fraud)[-60:]].iloc[:5]]
    out = folder / "found.json"
    run(folder, "--days", "3", "--what-if", "0.01", "--adapter", "logistic", *flags, "--json", str(out))
    found = json.loads(out.read_text())
    assert set(found["changes"]) == {"budget 1.000%", "5 flags, logistic"}
    wider = found["changes"]["budget 1.000%"]
    assert wider["then"]["alerts"] >= wider["now"]["alerts"]
    assert found["configuration"]["question"]["days"] == 3.0
    assert 3_000 < found["rows"] < 4_200


def rates(folder: Path, *more: str) -> list[float]:
    """Return false alarms over the budget of each full day."""
    out = folder / "rates.json"
    run(folder, "--days", "4", "--budget", "0.02", *more, "--json", str(out))
    days = json.loads(out.read_text())["rates"]["now"]
    return [day["false_alarms"] / (0.02 * day["genuine"]) for day in days if day["genuine"] > 500]


def test_the_threshold_is_steered_as_live_and_equal_runs_give_equal_days(folder: Path) -> None:
    steered, again, held = rates(folder), rates(folder), rates(folder, "--hold")
    assert steered == again
    assert steered != held
    assert np.mean(np.abs(np.array(steered) - 1)) < np.mean(np.abs(np.array(held) - 1))


def test_the_realised_rate_is_told_by_day(folder: Path) -> None:
    assert "days within 10% of 1.000%" in run(folder, "--days", "3", "--budget", "0.01")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--days", "3", "--flag", "no-such"], "0 of 1 flagged ids are there"),
        (["--days", "9"], "rows before the last 9 days, 5,000 are needed"),
        (["--what-if", "2"], "a budget is over 0 and under 1"),
        (["--adapter", "magic"], "--adapter magic: allowed are anil"),
    ],
)
def test_what_cannot_be_answered_is_told(folder: Path, options: list[str], words: str) -> None:
    assert words in run(folder, *options)
