"""Child processes have names, logs and a guaranteed end."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flagfive.processes import ProcessEnded, Processes, ProcessNotReady
from flagfive.stop_signals import interrupt_on_stop_signals
from tests.waiting import until

SLEEPER = [sys.executable, "-c", "import time; print('ready', flush=True); time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True); time.sleep(600)",
]
TELLS_ITS_END = """
import signal, sys, time
def end(*_):
    print("end", time.monotonic(), flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(600)
"""
# Starts a sleeper, prints its process id, and waits, as `flagfive demo` does with its children.
PARENT = """
import sys, time
from pathlib import Path
from flagfive.stop_signals import interrupt_on_stop_signals
from flagfive.processes import Processes
with Processes(Path(sys.argv[1])) as processes, interrupt_on_stop_signals():
    child = processes.start("child", [sys.executable, "-c", "import time; time.sleep(600)"])
    print(child.process.pid, flush=True)
    processes.watch()
"""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path) as started:
        yield started


def says_ready(log: Path) -> Callable[[], bool]:
    return lambda: "ready" in log.read_text()


def has_ended(pid: int) -> bool:
    """Return whether the process is gone, or a zombie that the system has not collected yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def start_ready(processes: Processes, name: str, command: list[str]) -> int:
    child = processes.start(name, command)
    processes.wait_until(child, says_ready(child.log), timeout_s=60, what="ready")
    return child.process.pid


def test_output_goes_to_a_log_of_the_childs_name(processes: Processes, tmp_path: Path) -> None:
    start_ready(processes, "sleeper", SLEEPER)
    assert (tmp_path / "sleeper.log").read_text() == "ready\n"


@pytest.mark.parametrize("command", [SLEEPER, DEAF], ids=["obedient", "deaf to SIGTERM"])
def test_leaving_the_block_ends_every_child(tmp_path: Path, command: list[str]) -> None:
    with Processes(tmp_path) as processes:
        pids = [start_ready(processes, name, command) for name in ("one", "two")]
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    grandparent = (
        f"import subprocess, time; print(subprocess.Popen({SLEEPER!r}).pid, flush=True); time.sleep(600)"
    )
    with Processes(tmp_path) as processes:
        start_ready(processes, "tree", [sys.executable, "-c", grandparent])
        grandchild = int((tmp_path / "tree.log").read_text().split()[0])
    until(lambda: has_ended(grandchild), what="the grandchild to end")


def test_the_last_child_outlives_the_others(tmp_path: Path) -> None:
    """The broker must still run while the workers commit their last batch."""
    command = [sys.executable, "-c", TELLS_ITS_END]
    with Processes(tmp_path) as processes:
        broker = processes.start("broker", command, last=True)
        processes.wait_until(broker, says_ready(broker.log), timeout_s=60, what="ready")
        start_ready(processes, "worker", command)
    ends = {name: float((tmp_path / f"{name}.log").read_text().split()[-1]) for name in ("broker", "worker")}
    assert ends["worker"] < ends["broker"]


def test_a_child_that_ends_by_itself_is_told_with_its_last_words(processes: Processes) -> None:
    child = processes.start("weak", [sys.executable, "-c", "print('out of luck'); raise SystemExit(3)"])
    with pytest.raises(ProcessEnded, match=r"weak ended with exit code 3(.|\n)*out of luck"):
        processes.wait_until(child, lambda: False, timeout_s=60, what="nothing")


def test_a_child_that_never_gets_healthy_is_told(processes: Processes) -> None:
    child = processes.start("slow", SLEEPER)
    with pytest.raises(ProcessNotReady, match=r"waited 0.2 s for it to answer"):
        processes.wait_until(child, lambda: False, timeout_s=0.2, what="it to answer")


def test_a_child_cannot_be_started_from_a_thread_that_may_end(processes: Processes) -> None:
    raised: list[BaseException] = []

    def start() -> None:
        try:
            processes.start("orphan", SLEEPER)
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(raised[0])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_no_child_outlives_its_parent(tmp_path: Path, number: signal.Signals) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
    parent.send_signal(number)
    parent.wait(timeout=60)
    until(lambda: has_ended(child), what="the child to end")


def test_signal_handlers_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupt_on_stop_signals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_hang_up_that_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interrupt_on_stop_signals():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
