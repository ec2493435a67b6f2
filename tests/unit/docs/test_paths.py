"""Every file that a page names exists and contains the names that the page expects in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs_blocks import CLONE, pages

_FENCED = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"[\w./-]+\.(?:py|java)")
_FOLDER = re.compile(r"[\w.-]+/(?:[\w.-]+/)*")
_NAME = re.compile(r"\w+(?:\.\w+)?")
_WRITTEN_LATER = {"var", "secrets", "artifacts"}  # folders that a run creates
_TUTORIAL = {"make_payments.py"}


@cache
def folders() -> frozenset[str]:
    """Return the names of the top-level folders of the repository."""
    return frozenset(path.name for path in CLONE.iterdir() if path.is_dir()) - _WRITTEN_LATER


@cache
def file_names() -> frozenset[str]:
    """Return the names of all Python files in these folders, without their folder."""
    return frozenset(path.name for folder in folders() for path in (CLONE / folder).rglob("*.py"))


def missing(text: str) -> list[str]:
    """Return the files and folders that a page names and that do not exist."""
    return [code for code in _CODE.findall(_FENCED.sub("", text)) if _is_missing(code)]


def _is_missing(code: str) -> bool:
    if _FILE.fullmatch(code):
        known = (CLONE / code).is_file() if "/" in code else code in file_names()
        return not known and code not in _TUTORIAL
    return bool(_FOLDER.fullmatch(code)) and code.split("/")[0] in folders() and not (CLONE / code).is_dir()


def where(text: str) -> Iterator[tuple[str, str]]:
    """Yield file and name from each row of a table that gives a file in its second cell."""
    for line in text.splitlines():
        cells = line.strip("| ").split("|")
        if len(cells) == 3 and (found := _CODE.fullmatch(cells[1].strip())):
            yield from ((found.group(1), name) for name in _CODE.findall(cells[2].split(";")[0]))


def unknown(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names that their file does not contain."""
    return [
        f"{file}: {name}"
        for file, name in pairs
        if _NAME.fullmatch(name)
        and not all(re.search(rf"\b{part}\b", (CLONE / file).read_text("utf-8")) for part in name.split("."))
    ]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(CLONE)))
def test_a_page_names_only_files_that_exist(page: Path) -> None:
    assert missing(page.read_text("utf-8")) == []


def test_the_page_on_reading_the_code_names_what_its_files_hold() -> None:
    pairs = list(where((CLONE / "docs" / "reading-the-code.md").read_text("utf-8")))
    assert len(pairs) > 5
    assert unknown(pairs) == []


def test_a_file_that_is_gone_is_found() -> None:
    text = "`meta/gate.py` `meta/gone.py` `gone.py` `meta/gone/` `var/gone/`\n```\n`meta/other.py`\n```\n"
    assert missing(text) == ["meta/gone.py", "gone.py", "meta/gone/"]


def test_a_name_that_is_gone_is_found() -> None:
    row = "| the gate | `meta/gate.py` | `judge` and `Gone.judge`; `meta/verdict.py` has limits |"
    assert unknown(where(row)) == ["meta/gate.py: Gone.judge"]
