"""The parts of the suite, and a function to run each one."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.suite.outcome import Outcome, counts_of
from tests.suite.output import Output, run_module, say
from tests.suite.style import PACKAGES, present, style

NO_TESTS = 5  # pytest's exit code
# Takes arguments for pytest or the checks, the clone, and where to print.
Run = Callable[[list[str], Path, Output], Outcome]


def unit(extra: list[str], clone: Path, output: Output) -> Outcome:
    """Run the unit tests, and the examples in docstrings."""
    doctests = ["--doctest-modules", "--ignore-glob=*/migrations/*", *present(clone, PACKAGES)]
    return run_pytest(["tests/unit", *doctests, *extra], clone, output)


def folder(name: str, extra: list[str], clone: Path, output: Output) -> Outcome:
    """Run all tests in tests/NAME. A folder without tests counts nothing."""
    if not any((clone / "tests" / name).rglob("test_*.py")):
        say(f"no tests in tests/{name}: part left out", output)
        return Outcome()
    return run_pytest([f"tests/{name}", *extra], clone, output)


def run_pytest(arguments: list[str], clone: Path, output: Output) -> Outcome:
    """Run pytest and read its counts from the report that it writes."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        code = run_module(
            "pytest", f"--junitxml={report}", "--durations=12", *arguments, clone=clone, output=output
        )
        reported = report.exists()
        counted = counts_of(report) if reported else Outcome()
    # A process that dies in the middle of a test may still exit 0, but it leaves no report.
    broken = not reported or code not in (0, 1, NO_TESTS) or (code == 1 and counted.failed == 0)
    return counted + Outcome(broken=broken)


PARTS: dict[str, Run] = {
    "style": style,
    "unit": unit,
    "contract": partial(folder, "contract"),
    "integration": partial(folder, "integration"),
    "end_to_end": partial(folder, "end_to_end"),
}
