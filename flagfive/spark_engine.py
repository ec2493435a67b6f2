"""The options `--engine` and `--master`, which several verbs have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flagfive.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ENGINES = ("local", "spark")


@contextmanager
def started(engine: str, master: str | None) -> Iterator[SparkSession | None]:
    """Start Spark for the block where `engine` asks for it.

    Args:
        engine: One of `ENGINES`.
        master: The cluster; None leaves it to spark-submit.

    Yields:
        The session; None for this machine.

    Raises:
        UserError: the options do not fit, Spark cannot start, or a task found an invalid row.
    """
    if engine not in ENGINES:
        raise UserError(f"--engine {engine}: allowed are {', '.join(ENGINES)}")
    if engine == "local":
        if master is not None:
            raise UserError("--master needs --engine spark")
        yield None
        return
    from distributed.errors import NoSpark, TaskRefused, errors_of_tasks
    from distributed.session import spark_session

    try:
        with spark_session(master) as spark, errors_of_tasks():
            yield spark
    except (NoSpark, TaskRefused) as error:
        raise UserError(str(error)) from None
