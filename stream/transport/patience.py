"""Repeat a request until the broker answers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiokafka.errors import KafkaError
from mode import get_logger

from contracts.broker_errors import is_missing_right, told

RETRY_S = 0.2

T = TypeVar("T")
log = get_logger(__name__)


async def until_the_broker_answers(ask: Callable[[], Awaitable[T]], what: str) -> T:
    """Call `ask` until it succeeds. Logs once that the broker is away, and once that it is back."""
    away = False
    while True:
        try:
            answer = await ask()
        except (KafkaError, OSError) as error:
            if not away:
                log.warning("%s: %s; trying every %.1f s", what, _reason(error), RETRY_S)
            away = True
            await asyncio.sleep(RETRY_S)
        else:
            if away:
                log.warning("%s: the broker is back", what)
            return answer


def _reason(error: Exception) -> str:
    return told(error, "WRITE") if is_missing_right(error) else f"the broker does not answer ({error!r})"
