"""The checklist of OWASP ASVS 5.0 lists every requirement of levels 1 and 2, and names tests that exist."""

from __future__ import annotations

import re

from tests.docs_blocks import CLONE

# How many requirements of levels 1 and 2 each section has; they come before those of level 3.
COUNTS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2,
    "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3,
    "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3,
    "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3,
    "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3, "11.1": 2,
    "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7,
    "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2,
}  # fmt: skip


def rows() -> list[tuple[list[str], str]]:
    """Return the requirements and the state of each row."""
    text = (CLONE / "docs" / "security.md").read_text("utf-8")
    found = re.findall(r"^\| ([\d., ]+) \| (.+) \|$", text, re.MULTILINE)
    return [(ids.split(", "), state) for ids, state in found]


def test_every_requirement_of_levels_1_and_2_is_listed_once() -> None:
    listed = [one for ids, _ in rows() for one in ids]
    needed = [f"{section}.{n}" for section, count in COUNTS.items() for n in range(1, count + 1)]
    assert sorted(listed) == sorted(needed)


def test_every_row_says_that_it_is_met_by_a_test_or_why_not() -> None:
    for ids, state in rows():
        kind, _, rest = state.partition(": ")
        assert kind in {"met", "not applicable", "open", "yours"}, ids
        assert len(rest) > 5, ids
        tests = re.findall(r"`(tests/[^`]+\.py)`", rest)
        assert bool(tests) == (kind == "met"), ids
        assert [one for one in tests if not (CLONE / one).is_file()] == []
