"""The death of any thread ends its process, and the cause is the last entry of the log."""

from __future__ import annotations

import subprocess
import sys

from flagfive.thread_deaths import EXIT_CODE

PROGRAM = """
import threading
from flagfive.logs import configure_logging
from settings import Settings

def receive():
    raise ValueError("a mistake of ours")

configure_logging(Settings())
thread = threading.Thread(target=receive, name="answers")
thread.start()
threading.Event().wait(60)
"""


def test_a_thread_that_dies_ends_its_process_with_the_cause() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=50, check=False
    )
    assert ended.returncode == EXIT_CODE
    assert "the thread 'answers' died, and the process ends" in ended.stderr
    assert ended.stderr.rstrip().endswith("ValueError: a mistake of ours")
