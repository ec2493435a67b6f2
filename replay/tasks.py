"""Runs independent tasks on several processes, those that matter first."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context, parent_process
from threading import Thread
from typing import Any

from replay.progress import Progress

MOST_PROCESSES = 8
"""Each takes 800 MiB while it trains a network."""


Pool = Callable[[int], AbstractContextManager[Executor]]
"""Starts what runs this many calls at once, for a block."""


class ProcessEnded(RuntimeError):
    """A process ended before its task was done, mostly because memory ran out."""


@dataclass(frozen=True)
class Task:
    """A call in another process.

    Attributes:
        function: A function of a module.
        arguments: What it takes; all can be pickled.
        then: Takes the result in this process, and returns further tasks, which go first.
        cost: Share of the whole work; any unit.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    then: Callable[[Any], Sequence[Task]]
    cost: float = 0.0


def processes_here() -> int:
    """Return how many processes run at once: one for each core that this process may use, eight at most."""
    return min(len(os.sched_getaffinity(0)), MOST_PROCESSES)


def run_tasks(
    tasks: Sequence[Task],
    processes: int,
    stage: str,
    report_progress: Progress,
    start: Pool | None = None,
) -> None:
    """Run tasks in their order, and hand on each result as soon as it is there.

    Args:
        tasks: What to run.
        processes: How many run at once, 1 or more.
        stage: Name of the work for the progress, which is reported in percent.
        report_progress: Takes the progress.
        start: Starts what the tasks run on; processes of this machine where not given.

    Raises:
        ProcessEnded: A process ended before its task was done.
        KeyboardInterrupt: The work was interrupted; all processes have been stopped.
    """
    waiting, running = deque(tasks), dict[Future[Any], Task]()
    whole, done = sum(task.cost for task in tasks), 0.0
    with (start or process_pool)(min(processes, len(tasks))) as pool:
        while waiting or running:
            report_progress(stage, round(100 * done / whole), 100)
            while waiting and len(running) < processes:
                task = waiting.popleft()
                running[pool.submit(task.function, *task.arguments)] = task
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                task = running.pop(future)
                waiting.extendleft(task.then(future.result()))
                done += task.cost
        report_progress(stage, 100, 100)


@contextmanager
def process_pool(processes: int, shared: Sequence[str] = ()) -> Iterator[Executor]:
    """Start processes, and stop them at the end of the block, idle or not.

    All are forked from one process that has imported the shared modules and nothing else, and has one thread.
    torch alone takes 300 MiB of memory that is not a file's; so it counts once.

    Args:
        processes: Their number.
        shared: Modules that the processes share in memory; they are imported once, before the first task.

    Yields:
        What runs calls in them.

    Raises:
        ProcessEnded: A process ended before its call was done.
    """
    before = set(active_children())
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, *shared])
    pool = ProcessPoolExecutor(max(processes, 1), context, initializer=_begin)
    try:
        yield pool
    except BrokenProcessPool:
        raise ProcessEnded(
            "a process of the replay has ended before its work was done; is memory short? "
            "--processes 1 takes the least"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(active_children()) - before:
            process.terminate()


def use_one_thread() -> None:
    """Compute with one thread from now on: each core has a process, and no figure may depend on threads."""
    from threadpoolctl import threadpool_limits

    os.environ["OMP_NUM_THREADS"] = "1"  # read by torch and LightGBM when they are imported
    threadpool_limits(1)


def _begin() -> None:
    """Prepare a new process: one thread, and only its parent interrupts it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    use_one_thread()
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
