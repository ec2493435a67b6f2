"""The table of errors and status codes."""

import math

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from console.errors import (
    Busy,
    ConsoleError,
    Invalid,
    Locked,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    WorkerUnresponsive,
)
from storage import StorageUnavailable

STATUS: dict[type[ConsoleError], int] = {
    Invalid: 422,
    NotSignedIn: 401,
    NotAllowed: 403,
    NotFound: 404,
    Refused: 409,
    Locked: 429,
    Busy: 503,
    WorkerUnresponsive: 504,
}


def add_error_handlers(app: FastAPI) -> None:
    """Answer errors of services with `detail`: what, where, allowed."""
    app.add_exception_handler(ConsoleError, _told)
    app.add_exception_handler(StorageUnavailable, _away)
    app.add_exception_handler(RequestValidationError, _invalid)


async def _told(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ConsoleError)
    detail = {"what": error.what, "where": error.where, "allowed": error.allowed}
    headers = {"Retry-After": str(math.ceil(error.wait_s))} if isinstance(error, Locked) else None
    return JSONResponse({"detail": detail}, STATUS[type(error)], headers)


async def _away(request: Request, error: Exception) -> JSONResponse:
    # The message of the driver may name hosts and users: it is logged, not sent.
    detail = {"what": "the database is unavailable; try again in a moment", "where": "", "allowed": ""}
    return JSONResponse({"detail": detail}, 503)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """Answer in FastAPI's form, without the input, which may be a password or binary."""
    assert isinstance(error, RequestValidationError)
    told = [{name: one[name] for name in ("type", "loc", "msg")} for one in error.errors()]
    return JSONResponse({"detail": told}, 422)
