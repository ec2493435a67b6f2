"""Run the parts of the test suite, each on its own, and close with one line that counts them all.

./run test            every part
./run test unit       one part; further arguments go to pytest: ./run test unit -k settings
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

CLONE = Path(__file__).resolve().parent.parent
PACKAGES = (
    "features", "meta", "contracts", "storage", "control", "stream", "adaptation", "recorder", "replay",
    "simulate", "console", "monitoring", "settings", "flagfive", "examples",
)  # fmt: skip
NO_TESTS = 5  # pytest's exit code


@dataclass(frozen=True)
class Outcome:
    """What one part counted; `broken` says that it failed beyond its counted failures."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: bool = False

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.broken or other.broken,
        )


def present_packages() -> list[str]:
    """Names of our packages that this clone has."""
    return [name for name in PACKAGES if any((CLONE / name).glob("*.py"))]


def style(extra: list[str]) -> Outcome:
    """Format, lint and types; each counts as one test."""
    checks = {
        "format": ["ruff", "format", "--check", "--quiet", "."],
        "lint": ["ruff", "check", "--quiet", "."],
        "types": ["mypy", *present_packages()],
    }
    failed = 0
    for name, command in checks.items():
        code = subprocess.run([sys.executable, "-m", *command, *extra], cwd=CLONE).returncode
        print(f"style {name}: {'ok' if code == 0 else 'failed'}", flush=True)
        failed += code != 0
    return Outcome(passed=len(checks) - failed, failed=failed)


def unit(extra: list[str]) -> Outcome:
    """Unit tests, and the examples in docstrings."""
    doctests = ["--doctest-modules", "--ignore-glob=*/migrations/*", *present_packages()]
    return run_pytest(["tests/unit", *doctests, *extra])


def folder(name: str, extra: list[str]) -> Outcome:
    """All tests in tests/NAME; a part whose folder has none yet counts nothing."""
    if not any((CLONE / "tests" / name).rglob("test_*.py")):
        print(f"no tests in tests/{name} yet: part left out")
        return Outcome()
    return run_pytest([f"tests/{name}", *extra])


def run_pytest(arguments: list[str]) -> Outcome:
    """Run pytest and read its counts from the report that it writes."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
        code = subprocess.run(command, cwd=CLONE).returncode
        reported = report.exists()
        counted = _counts(report) if reported else Outcome()
    # A process that dies in the midst of a test may still exit 0, but leaves no report.
    broken = not reported or code not in (0, 1, NO_TESTS) or (code == 1 and counted.failed == 0)
    return counted + Outcome(broken=broken)


def _counts(report: Path) -> Outcome:
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    total = Outcome()
    for suite in suites:
        tests, failures, errors, skipped = (
            int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")
        )
        bad = failures + errors
        total += Outcome(passed=tests - bad - skipped, failed=bad, skipped=skipped)
    return total


PARTS: dict[str, Callable[[list[str]], Outcome]] = {
    "style": style,
    "unit": unit,
    "contract": lambda extra: folder("contract", extra),
    "integration": lambda extra: folder("integration", extra),
    "end_to_end": lambda extra: folder("end_to_end", extra),
}


def main(arguments: list[str]) -> int:
    """Run the named part, or all. Return 0 only if something ran and nothing failed."""
    if arguments and arguments[0] not in PARTS:
        print(f"no part is named {arguments[0]}; there are: {', '.join(PARTS)}", file=sys.stderr)
        return 2
    chosen = {arguments[0]: PARTS[arguments[0]]} if arguments else PARTS
    total = Outcome()
    for name, part in chosen.items():
        print(f"=== {name}", flush=True)
        started = time.monotonic()
        outcome = part(arguments[1:])
        total += outcome
        verdict = "failed" if outcome.failed or outcome.broken else "ok" if outcome.passed else "nothing ran"
        print(
            f"=== {name}: {verdict}, {outcome.passed} passed, {time.monotonic() - started:.1f} s", flush=True
        )
    if total.broken:
        print("a part ended abnormally, see above", flush=True)
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped", flush=True)
    return 0 if total.passed and not total.failed and not total.broken else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
