"""The code blocks of the documentation, and what is to be done with each.

A comment on the line before a block says how it differs: `<!-- not run: REASON -->`, or `<!-- live -->` for
one that is run, in order with the others of its page, against a system of its own. A live Python block names
the file that it is saved as, and is run; a live shell block may wait: `<!-- live: until stored N -->`.
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
    """One fenced block: where it stands, its language, its text, and what the comment before it says."""

    page: str
    line: int
    language: str
    text: str
    mark: str  # "", "not run" or "live"
    detail: str

    @property
    def place(self) -> str:
        """Page and line, for names of tests."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page of Markdown that readers meet."""
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
    """Return every block of Python or shell, of all pages."""
    return [block for page in pages() for block in blocks_of(page) if block.language in RUN_LANGUAGES]
