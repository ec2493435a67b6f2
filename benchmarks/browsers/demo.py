"""A demo as a user starts it: its stream, and the link to its console."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from settings import Settings, load_settings

READY = "the stream goes on"
LINK = re.compile(r"http\S+token=\S+")
STARTS_WITHIN_S, ENDS_WITHIN_S, LOOK_S = 420.0, 60.0, 0.2


class DemoEnded(RuntimeError):
    """The demo ended, or did not complete its story, before the measurement started."""


class Demo:
    """Runs `flagfive demo` in `folder`; a context manager."""

    def __init__(self, folder: Path, rate: float) -> None:
        self._environment = {**os.environ, "FLAGFIVE_VAR": str(folder)}
        self._environment.pop("FLAGFIVE_BROKER", None)
        self._log = folder.with_suffix(".log")
        self._command = [sys.executable, "-m", "flagfive", "demo", "--rate", str(rate)]
        self.settings: Settings = load_settings(environment=self._environment)

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.send_signal(2)
        self._process.wait(ENDS_WITHIN_S)

    def wait_for_story(self, say: Callable[[str], None]) -> str:
        """Wait until the story is over and the stream continues; return the link to the console.

        Raises DemoEnded.
        """
        deadline, told = time.monotonic() + STARTS_WITHIN_S, 0
        while time.monotonic() < deadline and self._process.poll() is None:
            lines = self._log.read_text(errors="replace").splitlines()
            for line in lines[told:]:
                say(line)
            told, text = len(lines), "\n".join(lines)
            if READY in text and (link := LINK.search(text)):
                return link[0]
            time.sleep(LOOK_S)
        raise DemoEnded(f"no story; its last words: {self._log.read_text(errors='replace')[-500:]}")
