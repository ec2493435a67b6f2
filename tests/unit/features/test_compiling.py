"""Machine code of an earlier version never runs: any change in a kernel recompiles it."""

from __future__ import annotations

import ast
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.compiling import source_folders

CLONE = Path(__file__).resolve().parents[3]
FOLDERS = {path.parent.name for path in CLONE.glob("*/*.py")}
FOLDERS |= {path.parent.parent.name for path in CLONE.glob("*/*/__init__.py")}
ROOMS = sorted(FOLDERS - {"tests"})
OURS = {"kernel", "inlined", "short_kernel"}
NUMBA = {"njit", "jit", "vectorize", "guvectorize"}


def decorators(function: ast.FunctionDef) -> set[str]:
    """Return the names of the decorators, without their modules."""
    called = [one.func if isinstance(one, ast.Call) else one for one in function.decorator_list]
    return {one.attr if isinstance(one, ast.Attribute) else ast.unparse(one) for one in called}


def files_with(names: set[str]) -> list[Path]:
    """Return product files with functions that one of the decorators compiles."""
    return [
        path
        for room in ROOMS
        for path in sorted((CLONE / room).rglob("*.py"))
        if kernels_of(ast.parse(path.read_text("utf-8")), names)
    ]


def kernels_of(tree: ast.Module, names: set[str]) -> list[ast.FunctionDef]:
    return [one for one in tree.body if isinstance(one, ast.FunctionDef) and decorators(one) & names]


def foreign_code(path: Path, names: set[str]) -> Iterator[Path]:
    """Return our files, other than `path`, whose names the bodies of its kernels use."""
    tree = ast.parse(path.read_text("utf-8"))
    imported = {
        alias.asname or alias.name: statement.module or ""
        for statement in tree.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
        if (statement.module or "").split(".")[0] in ROOMS
    }
    for kernel in kernels_of(tree, names):
        for statement in kernel.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Name) and node.id in imported:
                    yield CLONE / Path(*imported[node.id].split(".")).with_suffix(".py")


def test_there_are_kernels_in_several_rooms() -> None:
    assert {path.relative_to(CLONE).parts[0] for path in files_with(OURS)} >= {"features", "stream", "replay"}
    assert {path.relative_to(CLONE).parts[0] for path in files_with(NUMBA)} == {"meta"}


@pytest.mark.parametrize("path", files_with(OURS), ids=lambda path: str(path.relative_to(CLONE)))
def test_the_machine_code_is_kept_by_the_content_of_every_folder_that_is_part_of_it(path: Path) -> None:
    module = ".".join(path.relative_to(CLONE).with_suffix("").parts)
    importlib.import_module(module)
    covered = source_folders(module)
    assert path.parent in covered
    assert {foreign.parent for foreign in foreign_code(path, OURS)} <= covered


@pytest.mark.parametrize("path", files_with(NUMBA), ids=lambda path: str(path.relative_to(CLONE)))
def test_a_kernel_that_numba_alone_watches_over_uses_no_code_of_another_file(path: Path) -> None:
    """Numba compares the content of the kernel's own file only."""
    assert set(foreign_code(path, NUMBA)) == set()


CALLER = """
import sys
import numpy as np
from stream.feed import rows
from features.byte_strings import ByteStrings

text = ByteStrings.from_list([b"a"])
joined = rows._join(ByteStrings.from_list([b'{"id":']), (text,), np.array([True]))
print(joined.to_list()[0].decode(), sum(rows._write_rows.stats.cache_hits.values()))
"""


def test_a_changed_callee_is_compiled_into_its_caller(tmp_path: Path) -> None:
    """`stream.feed.rows` contains the machine code of `stream.wire.json_kernels`."""
    tree = tmp_path / "product"
    for room in ("features", "stream"):
        shutil.copytree(CLONE / room, tree / room, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "caller.py").write_text(CALLER)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kernels"), "PYTHONPATH": str(tree)}

    def run() -> list[str]:
        command = [sys.executable, "-B", "-P", str(tree / "caller.py")]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
        return done.stdout.split()

    assert run() == ['{"id":"a"}', "0"]
    assert run() == ['{"id":"a"}', "1"]
    callee = tree / "stream" / "wire" / "json_kernels.py"
    callee.write_text(
        callee.read_text().replace("""_QUOTE: Final = ord('"')""", """_QUOTE: Final = ord("'")""")
    )
    assert run() == ["{\"id\":'a'}", "0"]
