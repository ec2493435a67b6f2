"""The built wheel works alone in an empty folder: `flagfive --help`, `replay`, `broker` and `demo`.

The test installs the wheel into a fresh environment. This environment sees the libraries of the test
environment and no file of the clone. The test uses no package index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from flagfive.own_broker import free_port
from tests.suite.style import PACKAGES
from tests.unit.replay.files import payments

CLONE = Path(__file__).resolve().parents[2]
SHIPPED = tuple(name for name in PACKAGES if name != "examples")
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "requirements", *SHIPPED)
MAPPING = """
id = "id"
time = "when"
amount = "amount"
entities = [{name = "card", column = "card"}, {name = "merchant", column = "shop"}]
label = {column = "fraud"}
"""


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command to its end, without the settings and Python paths of the tests; return its output."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FLAGFIVE_") or k == "FLAGFIVE_CACHE"}
    kept.pop("PYTHONPATH", None)
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the clone, because a build leaves folders behind."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    source.mkdir()
    for name in BUILT_FROM:
        if (CLONE / name).is_dir():
            shutil.copytree(CLONE / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CLONE / name, source / name)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", *options, source, cwd=folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """Return the `flagfive` command of a fresh environment with the wheel."""
    environment = wheel.parent / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=wheel.parent)
    python = environment / "bin" / "python"
    install = ("install", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--python", python, *install, cwd=wheel.parent)
    place = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", place, cwd=wheel.parent).strip())
    libraries = sysconfig.get_path("purelib")
    (packages / "libraries.pth").write_text(f"import site; site.addsitedir({libraries!r})\n")
    return environment / "bin" / "flagfive"


@pytest.fixture
def ports() -> dict[str, str]:
    """Return settings that separate a run from others on this machine."""
    metrics = {f"FLAGFIVE_METRICS__{name}_PORT": "0" for name in ("WORKER", "RECORDER", "ADAPTER")}
    return {"FLAGFIVE_BROKER__BOOTSTRAP": f"127.0.0.1:{free_port()}", **metrics}


def test_the_wheel_holds_every_file_of_every_room(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        packed = set(opened.namelist())
    files = {path for name in SHIPPED for path in (CLONE / name).rglob("*") if path.is_file()}
    needed = {str(path.relative_to(CLONE)) for path in files if "__pycache__" not in path.parts}
    assert needed - packed == set()
    assert {path.split("/")[0] for path in packed if ".dist-info" not in path} == set(SHIPPED)


def test_help_is_there_and_no_file_of_the_clone_is_used(installed: Path, tmp_path: Path) -> None:
    assert "broker" in run(installed, "--help", cwd=tmp_path)
    where = "import flagfive, settings; print(flagfive.__file__, settings.load_settings().var)"
    python = installed.parent / "python"
    code, var = run(python, "-P", "-c", where, cwd=tmp_path).split()
    assert Path(code).is_relative_to(installed.parents[1])
    assert Path(var) == tmp_path / "var"


def test_a_history_is_replayed(installed: Path, tmp_path: Path) -> None:
    payments().drop(columns="kind").to_csv(tmp_path / "history.csv", index=False)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    days = ("--train-days", "3", "--delay-days", "1", "--test-days", "2", "--folds", "1")
    only = ("--contender", "logistic")
    shown = run(installed, "replay", "history.csv", "--mapping", "mapping.toml", *days, *only, cwd=tmp_path)
    assert "6,000 rows in" in shown


def test_the_broker_starts_and_stops(installed: Path, tmp_path: Path, ports: dict[str, str]) -> None:
    try:
        started = run(installed, "broker", "start", cwd=tmp_path, **ports)
        assert f"Kafka answers at {ports['FLAGFIVE_BROKER__BOOTSTRAP']}" in started
        run(installed, "broker", "status", cwd=tmp_path, **ports)
    finally:
        stopped = run(installed, "broker", "stop", cwd=tmp_path, **ports)
    assert stopped == "the broker has stopped\n"
    assert (tmp_path / "var" / "broker").is_dir()


def test_the_demo_tells_its_story(installed: Path, tmp_path: Path, ports: dict[str, str]) -> None:
    run(installed, "demo", "--once", "--json", "figures.json", cwd=tmp_path, **ports, OMP_NUM_THREADS="1")
    assert (tmp_path / "figures.json").is_file()
    assert (tmp_path / "var" / "flagfive.sqlite").is_file()
