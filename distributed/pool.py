"""Calls of Python functions as tasks of Spark, for work that is independent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from replay.tasks import Pool, use_one_thread

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkCalls(Executor):
    """Runs each call as a job of one task; Spark chooses the machine. A thread of the driver waits for each.

    Args:
        spark: The session.
        at_once: Number of jobs at the same time.
    """

    def __init__(self, spark: SparkSession, at_once: int) -> None:
        self._context = spark.sparkContext
        self._waiting = ThreadPoolExecutor(at_once, thread_name_prefix="spark-call")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a function of a module on the cluster."""
        return self._waiting.submit(self._run, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stop; with `cancel_futures` calls that run are given up too."""
        if cancel_futures:
            self._context.cancelAllJobs()
        self._waiting.shutdown(wait, cancel_futures=cancel_futures)

    def _run(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        def call(_: int) -> Any:
            use_one_thread()
            return fn(*args, **kwargs)

        return self._context.parallelize([0], 1).map(call).collect()[0]


def pool_on(spark: SparkSession) -> tuple[Pool, int]:
    """Return what starts a pool of calls on the cluster, and the number of calls that it can run at once."""

    @contextmanager
    def start(at_once: int) -> Iterator[Executor]:
        calls = SparkCalls(spark, at_once)
        try:
            yield calls
        finally:
            calls.shutdown(wait=False, cancel_futures=True)

    return start, spark.sparkContext.defaultParallelism
