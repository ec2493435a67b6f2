"""Answers of a gate, in the form of the API's errors."""

import math

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, what: str, *, wait_s: float | None = None
) -> None:
    """Answer with an error; `wait_s` becomes the header Retry-After."""
    headers = {"Retry-After": str(max(math.ceil(wait_s), 1))} if wait_s is not None else None
    detail = {"what": what, "where": "request", "allowed": ""}
    answer: Response = JSONResponse({"detail": detail}, status, headers)
    await answer(scope, receive, send)
