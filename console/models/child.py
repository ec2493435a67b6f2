"""Entry points of the child process: both processes import this, but only the child loads torch."""

from __future__ import annotations

from functools import partial
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from contracts.child_process import end_with_parent
from storage.audit_keys import AuditKeys
from storage.history_location import HistoryLocation


def start(
    url: str,
    keys: tuple[str, ...],
    audit_keys: AuditKeys | None,
    history: HistoryLocation | None,
    stage: Synchronized[int],
) -> None:
    """Initialise the child; `stage` is shared with the parent."""
    end_with_parent()
    from console.models import work

    work.start(url, keys, audit_keys, history, partial(setattr, stage, "value"))


def ready() -> None:
    """Do nothing; this returns after the child has loaded everything."""


def call(name: str, *arguments: Any) -> Any:
    """Call the function `name` of `work`."""
    from console.models import work

    return getattr(work, name)(*arguments)
