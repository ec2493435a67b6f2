"""Allowed imports between packages, from docs/architecture.md, checked for every import in the tree."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.suite.style import BESIDE, PACKAGES

CLONE = Path(__file__).resolve().parents[2]
# The rooms of docs/architecture.md, lowest layer first. Whole rooms only: there are no exceptions for single
# modules, since one exception invites the next.
MAY_IMPORT = {
    "settings": set(),
    "contracts": set(),
    "features": set(),
    "meta": set(),
    "storage": {"contracts"},
    "rules": {"contracts", "features"},
    "control": {"contracts", "features", "meta", "rules"},
    "simulate": {"features"},
    "replay": {"contracts", "features", "meta", "rules"},
    "distributed": {"features", "meta", "replay", "storage"},
    "stream": {"contracts", "control", "features", "meta", "rules", "settings"},
    "adaptation": {"contracts", "control", "features", "meta", "rules", "settings", "storage"},
    "decisions": {"contracts", "features", "settings", "storage"},
    "recorder": {"contracts", "control", "features", "settings", "storage"},
    "monitoring": {"contracts", "control", "meta", "settings", "storage"},
    "evidence": {"contracts", "control", "meta", "monitoring", "storage"},
    "console": {
        "contracts",
        "control",
        "evidence",
        "features",
        "meta",
        "replay",
        "rules",
        "settings",
        "storage",
    },
}
ALL = {*MAY_IMPORT, "flagfive"}
MAY_IMPORT |= {"flagfive": ALL, "benchmarks": ALL, "examples": {"meta"}, "dashboards": set()}
# The science never sees a broker, a database or a web server.
EDGES = {
    "kafka", "aiokafka", "confluent_kafka", "faust", "mode", "sqlalchemy", "alembic", "psycopg", "sqlite3",
    "fastapi", "starlette", "nicegui", "aiohttp", "requests", "httpx", "urllib", "http", "socket",
    "prometheus_client", "typer", "rich", "pydantic",
}  # fmt: skip
FREE_OF_EDGES = ("features", "meta", "rules", "simulate", "replay")


def imports_of(source: str, package: str) -> Iterator[str]:
    """Yield the dotted name of every module imported anywhere in `source`, inside functions too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield package  # relative: inside the package
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def breaches(package: str, source: str) -> list[str]:
    """Return imports in `source`, a file of `package`, that the table does not allow."""
    allowed = MAY_IMPORT[package] | {package}
    ours = set(MAY_IMPORT)
    found = [
        name
        for name in imports_of(source, package)
        if (room := name.split(".")[0]) in ours and room not in allowed
    ]
    if package in FREE_OF_EDGES:
        found += [name for name in imports_of(source, package) if name.split(".")[0] in EDGES]
    return found


def sources(package: str) -> list[Path]:
    return sorted((CLONE / package).rglob("*.py"))


@pytest.mark.parametrize("package", [name for name in MAY_IMPORT if sources(name)])
def test_a_package_imports_only_what_the_architecture_allows(package: str) -> None:
    found = {
        str(path.relative_to(CLONE)): names
        for path in sources(package)
        if (names := breaches(package, path.read_text("utf-8")))
    }
    assert found == {}


def test_every_folder_of_python_stands_in_the_table() -> None:
    folders = {path.parent.name for path in CLONE.glob("*/*.py")} | {
        path.parent.parent.name for path in CLONE.glob("*/*/__init__.py")
    }
    assert folders - set(MAY_IMPORT) - {"tests"} == set()


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("meta", "import kafka"),
        ("meta", "def late():\n    from sqlalchemy.orm import Session"),
        ("features", "import settings"),
        ("features", "from urllib.request import urlopen"),
        ("storage", "from control import announce"),
        ("console", "from stream.scoring import decide"),
        ("console", "from stream import scoring"),
        ("console", "from adaptation.intake import checks"),
        ("control", "import storage.episodes"),
        ("contracts", "from settings import Settings"),
        ("stream", "import flagfive.main"),
    ],
)
def test_a_forbidden_import_is_found(package: str, source: str) -> None:
    assert len(breaches(package, source)) == 1


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("console", "from control import announce"),
        ("console", "from contracts.metrics import console"),
        ("stream", "from features import decode\nimport meta.kernels"),
        ("meta", "from . import kernels\nimport torch"),
    ],
)
def test_an_allowed_import_passes(package: str, source: str) -> None:
    assert breaches(package, source) == []


def test_the_table_is_the_one_of_the_architecture_page() -> None:
    """The last cell of each row names the same packages, so that page and test stay in sync."""
    rows = [
        [cell.strip() for cell in line.strip("|\n ").split("|")]
        for line in (CLONE / "docs" / "architecture.md").read_text("utf-8").splitlines()
        if line.startswith("| `") and line.count("|") == 4
    ]
    told = {row[0].strip("`/"): row[2] for row in rows if row[0].endswith("/`")}
    for package, cell in told.items():
        expected = ALL if cell == "all" else set()
        if cell not in ("all", "no other room"):
            expected = {name.strip().split(" ")[0] for name in cell.split(",")}
        assert MAY_IMPORT[package] == expected, package


@pytest.mark.parametrize("process", ["stream.app", "recorder.recorder", "monitoring.loop", "console.server"])
def test_only_what_adapts_or_trains_loads_the_libraries_of_training(process: str) -> None:
    """These libraries cost a worker half of its start time, and 200 MB."""
    heavy = "{'torch', 'lightgbm', 'sklearn'}"
    told = f"import sys, {process}; print(sorted({heavy} & set(sys.modules)))"
    loaded = subprocess.run(
        [sys.executable, "-P", "-c", told],
        env={**os.environ, "PYTHONPATH": str(CLONE)},
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert loaded.stdout.strip() == "[]"


def test_checks_and_the_wheel_know_every_room() -> None:
    assert {*PACKAGES, *BESIDE} == {*MAY_IMPORT, "tests"}
