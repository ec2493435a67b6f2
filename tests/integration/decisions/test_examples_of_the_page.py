"""The examples of docs/decision-api.md get a decision from a running gateway."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs_blocks import CLONE, blocks_of
from tests.gateway_run import TOKEN, Gateway
from tests.stream_run import StreamRun

PAGE = CLONE / "docs" / "decision-api.md"


PATIENCE = {
    "timeout=3.0": "timeout=120.0",
    "ofSeconds(3)": "ofSeconds(120)",
    "deadline_ms=2000": "deadline_ms=60000",
    '"deadline_ms": 2000': '"deadline_ms": 60000',
}
"""The machine of the tests may be slow."""


def example(language: str, holds: str) -> str:
    """Return the only block of the page in this language that holds a text, with patience."""
    (found,) = [one.text for one in blocks_of(PAGE) if one.language == language and holds in one.text]
    for hasty, patient in PATIENCE.items():
        found = found.replace(hasty, patient)
    return found


def test_curl_python_and_java_get_a_decision(
    run: StreamRun, start: Callable[..., Gateway], tmp_path: Path
) -> None:
    gateway = start()
    address = f"http://127.0.0.1:{gateway.port}"
    environment = {**os.environ, "DECISIONS": address, "TOKEN": TOKEN}

    def ran(*command: str) -> str:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=200, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert '"id":"curl-1"' in ran("bash", "-euo", "pipefail", "-c", example("sh", "curl"))
    decision = ran(sys.executable, "-W", "error", "-c", example("python", "httpx")).strip()
    assert decision in ("approve", "review", "decline")
    if shutil.which("javac") is None:
        pytest.skip("no Java compiler is installed; the other examples passed")
    (tmp_path / "Decide.java").write_text(example("java", "class Decide"))
    assert '"id":"java-1"' in ran("java", "Decide.java")
