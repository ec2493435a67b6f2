"""Every command in the documentation exists with its options, and standalone blocks run.

Live blocks run in tests/integration/docs, in the order of their page.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest
import typer

from benchmarks.__main__ import names as benchmarks
from flagfive.verbs import VERBS, module_of
from tests.docs_blocks import CLONE, Block, pages, runnable
from tests.suite.parts import BY_HAND, PARTS

# Pages for which these tests check only verbs and options, and the reason.
ELSEWHERE = {
    "README.md": "the commands of docs/first-episode.md; tests/end_to_end runs the demo",
    "docs/replay.md": "trains models for minutes; tests/unit/replay runs the protocols on small files",
    "docs/monitoring.md": "needs a system with days of traffic behind it",
    "docs/console.md": "needs a running system and a browser",
    "docs/deploy.md": "needs Docker or a cluster",
    "dashboards/README.md": "needs Docker",
}
SHELL = ("sh", "bash", "shell", "console")
_COMMAND = re.compile(r"(?:^|[\s(|])(?:\./run|flagfive) ((?:--config \S+ )?[a-z-][^|&;)`#\n]*)")
OTHER_WORDS = {
    "test": PARTS | BY_HAND,
    "bench": (),
    "examples": (),
    "clean": (),
    "python": (),
    "help": (),
    "--help": (),
}


def shown() -> Iterator[tuple[str, list[str]]]:
    """Yield the page and the words of every `./run ...` and `flagfive ...` in a shell block."""
    for block in runnable():
        if block.language in SHELL:
            text = re.sub(r"\s#.*$", "", block.text.replace("\\\n", " "), flags=re.MULTILINE)
            for found in _COMMAND.findall(text):
                yield block.place, shlex.split(found)


@cache
def options_of(verb: str, subcommand: str = "") -> tuple[frozenset[str], frozenset[str]]:
    """Return the options of a verb, or of its subcommand of this name, and its subcommands."""
    command = typer.main.get_command(import_module(module_of(verb)).app)
    command = getattr(command, "commands", {}).get(subcommand, command)
    names = frozenset(o for p in command.params for o in [*p.opts, *p.secondary_opts] if o.startswith("-"))
    return names | {"--help"}, frozenset(getattr(command, "commands", ()))


@pytest.mark.parametrize(
    ("place", "words"), list(shown()), ids=lambda value: value if isinstance(value, str) else value[0]
)
def test_a_command_that_is_shown_exists_with_its_options(place: str, words: list[str]) -> None:
    if words[0] == "--config":
        words = words[2:]
    verb, *rest = words
    if verb in OTHER_WORDS:
        named = [word for word in rest[:1] if verb in ("bench", "test") and not word.startswith("-")]
        assert set(named) <= set(benchmarks()) | set(PARTS)
        return
    assert verb in VERBS, place
    options, _ = options_of(verb, rest[0] if rest else "")
    assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= options, place


def test_every_block_that_is_not_run_says_why() -> None:
    silent = [b.place for b in runnable() if b.mark == "not run" and len(b.detail.split()) < 3]
    assert silent == []


def test_pages_that_are_run_elsewhere_are_pages() -> None:
    known = {str(page.relative_to(CLONE)) for page in pages()}
    later = {"docs/console.md", "docs/deploy.md"}
    assert set(ELSEWHERE) - later <= known


def stand_alone() -> list[Block]:
    """Return the blocks that run here: unmarked, and on pages that no other test runs."""
    skipped = {*ELSEWHERE}
    return [b for b in runnable() if not b.mark and b.page not in skipped and "runbooks" not in b.page]


@pytest.mark.parametrize("block", stand_alone(), ids=lambda block: block.place)
def test_a_block_runs(block: Block, tmp_path: Path) -> None:
    if block.language == "python":
        command = [sys.executable, "-W", "error", "-c", block.text]
    else:
        command = ["bash", "-euo", "pipefail", "-c", block.text]
    shim = tmp_path / "run"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flagfive "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "flagfive.toml").write_text((CLONE / "flagfive.toml").read_text("utf-8"))
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": str(CLONE),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
