"""What can be wrong with a job that a user can fix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

_REFUSED = re.compile(
    r"^replay\.\w+\.(?:BadRow|UnreadableTable|WrongMapping|NothingToLearn|Unmeasurable|UnfitFile): (.+)$",
    re.MULTILINE,
)


class NoSpark(RuntimeError):
    """Spark cannot start here. The message says what is missing."""


class TaskRefused(ValueError):
    """A task found something wrong with the history. The message is that of one machine."""


@contextmanager
def errors_of_tasks() -> Iterator[None]:
    """Raise what a task found wrong with the history as on one machine, without Spark's own text.

    Raises:
        TaskRefused: a task could not read a value or a file, or had too little to learn from.
    """
    from pyspark.errors import PySparkException

    try:
        yield
    except PySparkException as error:
        if found := _REFUSED.search(str(error)):
            raise TaskRefused(found[1]) from None
        raise
