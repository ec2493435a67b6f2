"""The style part: format, lint, types, docstrings and spelling. Each check counts as one test."""

from __future__ import annotations

from pathlib import Path

from tests.suite.outcome import Outcome
from tests.suite.output import Output, run_module, say

# The rooms of docs/architecture.md, and the other folders with Python files.
PACKAGES = (
    "features", "meta", "contracts", "storage", "control", "stream", "adaptation", "recorder", "replay",
    "rules", "evidence", "simulate", "console", "decisions", "monitoring", "settings", "flagfive", "examples",
    "distributed",
)  # fmt: skip
BESIDE = ("benchmarks", "dashboards", "tests")
WORDS = ".ci/words.txt"  # words that plain English replaces; the skipped test names a Unix user


def checks(clone: Path) -> dict[str, list[str]]:
    """Return the arguments of `python -m` for each check, for the folders that this clone has."""
    packages = present(clone, (*PACKAGES, *BESIDE))
    return {
        "format": ["ruff", "format", "--check", "--quiet", "."],
        "lint": ["ruff", "check", "--quiet", "."],
        "types": ["mypy", *packages],
        "docstrings": ["tests.suite.docstrings", *packages],
        "spelling": ["codespell_lib", "."],
        "words": [
            "codespell_lib",
            f"--dictionary={WORDS}",
            "--skip=./LICENSE,./tests/contract/stores/conftest.py",
            ".",
        ],
    }


def style(extra: list[str], clone: Path, output: Output) -> Outcome:
    """Run every check, each with the `extra` arguments, and count it."""
    failed = 0
    commands = checks(clone)
    for name, command in commands.items():
        code = run_module(*command, *extra, clone=clone, output=output)
        say(f"style {name}: {'ok' if code == 0 else 'failed'}", output)
        failed += code != 0
    return Outcome(passed=len(commands) - failed, failed=failed)


def present(clone: Path, names: tuple[str, ...]) -> list[str]:
    """Return the folders among `names` that hold Python files in this clone."""
    return [name for name in names if any((clone / name).rglob("*.py"))]
