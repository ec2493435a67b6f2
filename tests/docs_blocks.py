"""The code blocks of the documentation, and how tests treat each one.

A comment on the line before a block marks special treatment:

- `<!-- not run: REASON -->`: the tests do not run the block.
- `<!-- live -->`: the tests run the live blocks of a page in order, against a separate system. The tests save
  a live Python block under the file name that it gives, and run it.
- `<!-- live: until stored N -->`: a live shell block that waits until N transactions are stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
RUN_LANGUAGES = ("sh", "bash", "shell", "python", "console")
_FENCE = re.compile(r"^( *)```(\w*)[^\n]*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"<!-- (not run|live)(?:: (.*?))? -->\n *\Z")


@dataclass(frozen=True)
class Block:
    """One fenced block: its location, language, text, and the mark in the comment before it."""

    page: str
    line: int
    language: str
    text: str
    mark: str  # "", "not run" or "live"
    detail: str

    @property
    def place(self) -> str:
        """Page and line, for test names."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Return every Markdown page of the documentation."""
    top = [CLONE / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")]
    return [*top, *sorted((CLONE / "docs").rglob("*.md")), *sorted((CLONE / "dashboards").glob("*.md"))]


def blocks_of(page: Path) -> list[Block]:
    """Return the page's blocks in order."""
    text = page.read_text("utf-8")
    made = []
    for found in _FENCE.finditer(text):
        mark = _MARK.search(text, 0, found.start())
        marked = mark if mark and mark.end() == found.start() else None
        indent, language, body = found.groups()
        made.append(
            Block(
                str(page.relative_to(CLONE)),
                text.count("\n", 0, found.start()) + 1,
                language,
                re.sub(f"^{indent}", "", body, flags=re.MULTILINE),
                marked.group(1) if marked else "",
                (marked.group(2) or "") if marked else "",
            )
        )
    return made


def runnable() -> list[Block]:
    """Return every Python or shell block of all pages."""
    return [block for page in pages() for block in blocks_of(page) if block.language in RUN_LANGUAGES]
