"""The command line: fast help, an example everywhere, errors without tracebacks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flagfive.verbs import VERBS

HEAVY = ("torch", "faust", "kafka", "numpy", "numba", "sqlalchemy", "pydantic")


def flagfive(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "flagfive", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
    )


def test_help_lists_every_verb_with_its_line() -> None:
    told = " ".join(flagfive("--help").stdout.split())
    for name, line in VERBS.items():
        assert f"{name} {line}" in told


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom flagfive.main import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', [name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "loaded: []" in done.stdout, done.stderr


@pytest.mark.parametrize("verb", list(VERBS))
def test_every_verb_explains_itself_with_an_example(verb: str) -> None:
    done = flagfive(verb, "--help")
    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout
    assert f"flagfive {verb}" in done.stdout


def test_an_unknown_verb_is_named() -> None:
    done = flagfive("brokr")
    assert done.returncode == 2
    assert "brokr" in done.stderr


def test_wrong_settings_end_with_code_2_and_no_traceback() -> None:
    done = flagfive("topics", FLAGFIVE_BUDGET__ALERT_RATE="7")
    assert done.returncode == 2
    assert "budget.alert_rate = '7'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_settings_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    done = flagfive("--config", str(tmp_path / "none.toml"), "topics")
    assert done.returncode == 2
    assert "none.toml" in done.stderr


def test_a_missing_broker_is_told_with_the_way_out() -> None:
    # Port 9 (discard) is not served on loopback.
    done = flagfive("topics", FLAGFIVE_BROKER="127.0.0.1:9")
    assert done.returncode == 1
    assert "no Kafka broker answers at 127.0.0.1:9" in done.stderr
    assert "flagfive broker start" in done.stderr
