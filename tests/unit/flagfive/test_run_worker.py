"""A worker that crashes logs the reason last."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from mode import Service, Worker

from flagfive.run_worker import run_worker


class Broken(Service):
    """Ends with an error in our code."""

    @Service.task
    async def _work(self) -> None:
        raise ValueError("a mistake of ours")


def test_the_cause_with_its_traceback_is_the_last_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    loop = asyncio.new_event_loop()
    worker: Any = Worker(Broken(loop=loop), loop=loop, override_logging=False, redirect_stdouts=False)
    with caplog.at_level(logging.INFO), pytest.raises(SystemExit) as ended:
        run_worker(worker)
    assert ended.value.code != 0
    last = caplog.text.splitlines()[-1]
    assert last == "ValueError: a mistake of ours"
    assert "in _work" in caplog.text[caplog.text.index("the worker crashed") :]
