"""Check the sections of docstrings with pydoclint: a section that is written must fit the code.

python -m tests.suite.docstrings PATH...

pydoclint asks for every section as soon as a docstring has one. Here sections are optional: a docstring may
have `Raises:` without `Args:`. An `Args:` section must name every argument. An `Attributes:` section may
leave out attributes whose name and type say enough.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

OPTIONS = (
    "--quiet",
    "--style=google",
    "--arg-type-hints-in-docstring=False",  # the signature has the types
    "--check-return-types=False",
    "--check-yield-types=False",
    "--allow-init-docstring=True",
    "--skip-checking-raises=True",  # a docstring also names the errors of callees, which pydoclint cannot see
    "--show-filenames-in-every-violation-message=True",
)
# These codes count only where the docstring has the section.
SECTION_OF = {"DOC101": "Args", "DOC103": "Args", "DOC201": "Returns", "DOC402": "Yields"}
INCOMPLETE_ATTRIBUTES = ("DOC601", "DOC602")  # DOC603 repeats them with names
UNKNOWN_ATTRIBUTE = "in the docstring but not in the actual class attributes"
_FINDING = re.compile(r"^(?P<path>.+?):(?P<line>\d+): (?P<code>DOC\d+):")
_Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def findings(paths: list[str]) -> list[str]:
    """Return a line for each finding in files and folders, except those that only ask for more sections."""
    command = [sys.executable, "-m", "pydoclint.main", *OPTIONS, *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    found = [line for line in done.stderr.splitlines() if line.strip()]
    return [line for line in found if _counts(line)]


def _counts(line: str) -> bool:
    found = _FINDING.match(line)
    if found is None or found["code"] not in {*SECTION_OF, "DOC603"}:
        return found is None or found["code"] not in INCOMPLETE_ATTRIBUTES
    node = _documented_in(Path(found["path"]))[int(found["line"])]
    if found["code"] == "DOC603":
        return UNKNOWN_ATTRIBUTE in line and not _has_constructor(node)
    section = SECTION_OF[found["code"]]
    return re.search(rf"^{section}:$", ast.get_docstring(node) or "", re.MULTILINE) is not None


def _has_constructor(node: _Documented) -> bool:
    """Whether an `__init__` may set attributes that pydoclint does not see."""
    return any(isinstance(one, ast.FunctionDef) and one.name == "__init__" for one in node.body)


@cache
def _documented_in(path: Path) -> dict[int, _Documented]:
    """Map the line of each `def` and `class` of a file to its node."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.lineno: node for node in nodes if isinstance(node, _Documented)}


if __name__ == "__main__":
    problems = findings(sys.argv[1:])
    print(*problems, sep="\n", end="\n" if problems else "")
    sys.exit(1 if problems else 0)
