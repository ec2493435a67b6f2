"""Starts Spark, or joins the session that spark-submit has made."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from distributed.errors import NoSpark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_BATCH_ROWS = 65_536  # large enough to hide Python, small enough to stay in a cache
_SETTINGS = {
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.execution.arrow.maxRecordsPerBatch": str(_BATCH_ROWS),
}
_ON_THIS_MACHINE = {  # nothing listens beyond it
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


@contextmanager
def spark_session(master: str | None) -> Iterator[SparkSession]:
    """Start Spark for the block, and stop it afterwards.

    Args:
        master: `local[2]`, `spark://host:7077` and so on; None leaves it to spark-submit, and takes all
            cores of this machine where that has set none.

    Yields:
        The session.

    Raises:
        NoSpark: PySpark is not installed, or Java is missing.
    """
    try:
        from pyspark import SparkConf
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise NoSpark(
            "--engine spark needs PySpark 4.1 or newer: install the extra `spark`, or use ./run"
        ) from None
    where = master or SparkConf().get("spark.master") or "local[*]"
    on_this_machine = where.startswith("local")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    if on_this_machine:
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    # The jobs use Arrow only; what PySpark does with data frames of pandas does not matter.
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    settings = _SETTINGS | (_ON_THIS_MACHINE if on_this_machine else {})
    try:
        spark = SparkSession.builder.appName("flagfive").master(where).config(map=settings).getOrCreate()
    except PySparkException as error:
        raise NoSpark(f"Spark does not start; it needs Java 17 or newer: {error}") from None
    try:
        yield spark
    finally:
        spark.stop()
