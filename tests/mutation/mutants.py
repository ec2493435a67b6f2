"""Lists the mutants of a module as mutmut makes them, except those that only change wording.

The words of an error and all of a log line are left out: that an error is raised is judged, not its text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from mutmut.mutation.file_mutation import mutate_file_contents

_ORIGINAL = "__mutmut_orig"


@dataclass(frozen=True)
class Mutant:
    """One change to one function.

    Attributes:
        name: mutmut's name of it.
        file: path of the module in the repository.
        function: name of the function, with its class.
        was: the changed part as it is in the module, without formatting.
        becomes: what the mutant has in its place.
    """

    name: str
    file: str
    function: str
    was: str
    becomes: str


def mutants_of(file: str) -> list[Mutant]:
    """Return the mutants of a module of the current folder, in their order in the file."""
    made = mutate_file_contents(file, Path(file).read_text())
    functions = {
        node.name: node
        for node in ast.walk(ast.parse(made.code))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    found = []
    for name in made.mutant_names:
        stem, _, _ = name.partition("__mutmut_")
        original, changed = functions[stem + _ORIGINAL], functions[name]
        original.name = changed.name = _function(stem).rpartition(".")[2]
        places = list(_difference(original, changed))
        if not _only_words(places):
            was, becomes = _line(places)
            module = file.removesuffix(".py").replace("/", ".")
            found.append(Mutant(f"{module}.{name}", file, _function(stem), was, becomes))
    return found


def _function(stem: str) -> str:
    """Return `Class.method` or `function` of a mangled name."""
    return stem.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


Place = tuple[ast.AST, ast.AST]


def _difference(was: ast.AST, becomes: ast.AST) -> Iterator[Place]:
    """Yield the nodes from the function down to the smallest one that holds the whole difference."""
    yield was, becomes
    if type(was) is not type(becomes):
        return
    below: list[Place] = []
    for field in was._fields:
        one, other = getattr(was, field, None), getattr(becomes, field, None)
        ones, others = (part if isinstance(part, list) else [part] for part in (one, other))
        if len(ones) != len(others):
            return
        for a, b in zip(ones, others, strict=True):
            if isinstance(a, ast.AST) and isinstance(b, ast.AST):
                if ast.dump(a) != ast.dump(b):
                    below.append((a, b))
            elif a != b:
                return
    if len(below) == 1:
        yield from _difference(*below[0])


def _only_words(places: list[Place]) -> bool:
    within = [was for was, _ in places]
    if any(isinstance(node, ast.Call) and ast.unparse(node.func).startswith("log.") for node in within):
        return True
    last = within[-1]
    words = isinstance(last, ast.JoinedStr) or (
        isinstance(last, ast.Constant) and isinstance(last.value, str)
    )
    return words and any(isinstance(node, ast.Raise) for node in within)


def _line(places: list[Place]) -> tuple[str, str]:
    """Return the line that differs, or all that follows where the number of lines differs too."""
    was, becomes = next(
        pair
        for pair in reversed(places)
        if isinstance(pair[0], ast.stmt | ast.match_case | ast.ExceptHandler)
    )
    before, after = ast.unparse(was).splitlines(), ast.unparse(becomes).splitlines()
    start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(after))
    end = start + 1 if len(before) == len(after) else None
    was_text, becomes_text = (dedent("\n".join(lines[start:end])) for lines in (before, after))
    return was_text.strip(), becomes_text.strip()
