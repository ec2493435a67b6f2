"""Run the tutorial as a reader does: each block of the page in order, in one shell, on its own broker."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from flagfive.own_broker import free_port
from tests.docs_blocks import CLONE, Block, blocks_of, pages
from tests.waiting import until

SETTINGS = """
[broker]
bootstrap = "127.0.0.1:{port}"
[metrics]
worker_port = 0
recorder_port = 0
adapter_port = 0
"""
# Processes that keep running write to a file: a full pipe without a reader would block them.
RUN = """#!/bin/sh
case "$1" in worker | recorder | adapter) exec >"$1.log" 2>&1 ;; esac
exec "{python}" -m flagfive "$@"
"""


class Shell:
    """One bash process, as in a terminal: exports and processes of a block remain for the next."""

    END = "end-of-block"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        environment = {k: v for k, v in os.environ.items() if not k.startswith("FLAGFIVE_")}
        environment["PYTHONPATH"] = str(CLONE)
        self._process = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, text: str) -> tuple[str, bool]:
        """Return the output of a block, and whether all its commands exited 0."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"failed=0; trap 'failed=1' ERR\n{text}\necho {self.END} $failed\n")
        self._process.stdin.flush()
        said: list[str] = []
        for line in self._process.stdout:
            if line.startswith(self.END):
                return "".join(said), line.split()[1] == "0"
            said.append(line)
        raise AssertionError(f"the shell ended: {''.join(said)}")

    def close(self) -> None:
        """Stop the processes that the blocks left running, including the broker, and the shell."""
        self.run("kill $(jobs -p) 2>/dev/null; wait; ./run broker stop")
        with self._process:  # closes the pipes and waits
            pass


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "run").write_text(RUN.format(python=sys.executable))
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "flagfive.toml").write_text(SETTINGS.format(port=free_port()))
    opened = Shell(tmp_path)
    yield opened
    opened.close()


def stored(folder: Path) -> int:
    """Return how many scored transactions the recorder has written."""
    file = folder / "var" / "flagfive.sqlite"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
        try:
            return int(database.execute("select count(*) from scored_transactions").fetchone()[0])
        except sqlite3.OperationalError:  # the table does not exist yet
            return 0


def follow(block: Block, shell: Shell) -> str:
    """Run the block according to its mark; return its output."""
    if wanted := re.fullmatch(r"until stored (\d+)", block.detail):
        count = int(wanted.group(1))
        until(lambda: stored(shell.folder) == count, what=f"{count} stored transactions", within_s=240)
    text = block.text
    if block.language == "python":
        (shell.folder / block.detail).write_text(block.text)
        text = f'"{sys.executable}" {block.detail}'
    said, well = shell.run(text)
    assert well, f"{block.place}\n{said}"
    return said


PAGES = [page for page in pages() if any(block.mark == "live" for block in blocks_of(page))]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_can_be_followed_from_its_first_block_to_its_last(page: Path, shell: Shell) -> None:
    said = "".join(follow(block, shell) for block in blocks_of(page) if block.mark == "live")
    assert "live on 4 of 4 partitions" in said
