"""Reports how many tasks of a running job are done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from replay.progress import Progress

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_EVERY_S = 0.5


@contextmanager
def watched(spark: SparkSession, name: str, report_progress: Progress) -> Iterator[None]:
    """Report the tasks of each step of the block's jobs, while it runs.

    Args:
        spark: The session that runs the jobs.
        name: What the jobs do.
        report_progress: Takes the step, its tasks that are done, and all of them.
    """
    report_progress(name, 0, 0)
    ended, tracker, steps = Event(), spark.sparkContext.statusTracker(), list[int]()

    def watch() -> None:
        while not ended.wait(_EVERY_S):
            for stage in tracker.getActiveStageIds():
                info = tracker.getStageInfo(stage)
                if info is None:
                    continue  # it has ended since
                if stage not in steps:
                    steps.append(stage)
                step = f"{name}, step {steps.index(stage) + 1}, tasks"
                report_progress(step, info.numCompletedTasks, info.numTasks)

    thread = Thread(target=watch, name="spark-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
