"""The test counts of a part of the suite."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree


@dataclass(frozen=True)
class Outcome:
    """Counts of one part, or of several added up.

    Attributes:
        passed: tests that passed.
        failed: tests that failed or could not be set up or collected.
        skipped: tests that were skipped.
        broken: the part failed beyond its counted failures, for example because its process died.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: bool = False

    def __add__(self, other: Outcome) -> Outcome:
        return Outcome(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.broken or other.broken,
        )

    @property
    def verdict(self) -> str:
        """Return one or two words for the last line of a part."""
        if self.failed or self.broken:
            return "failed"
        return "ok" if self.passed else "nothing ran"


def counts_of(report: Path) -> Outcome:
    """Read the counts from a JUnit report that pytest wrote."""
    total = Outcome()
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        tests, failures, errors, skipped = (
            int(suite.get(key, "0")) for key in ("tests", "failures", "errors", "skipped")
        )
        bad = failures + errors
        total += Outcome(passed=tests - bad - skipped, failed=bad, skipped=skipped)
    return total
