"""What can be wrong with a job that a user can fix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from replay.reading import BadRow

_WRONG_FILE = re.compile(r"^\S*(?:BadRow|UnreadableTable|WrongMapping): (.+)$", re.MULTILINE)


class NoSpark(RuntimeError):
    """Spark cannot start here. The message says what is missing."""


@contextmanager
def errors_of_tasks() -> Iterator[None]:
    """Raise what a task found wrong with the history as on one machine, without Spark's own text.

    Raises:
        BadRow: a task could not read a value or a file.
    """
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        if found := _WRONG_FILE.search(str(error)):
            raise BadRow(found[1]) from None
        raise
