"""The API as a viewer may use it: in the same process, with the viewer's own session."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx
from fastapi import FastAPI, Request
from pydantic import TypeAdapter

PREFIX = "/api/v1"
SESSION, UNATTENDED = "/session", "X-Unattended"
CSRF_HEADER = "X-CSRF-Token"
_TIMEOUT_S = 60.0  # a preview reads weeks of transactions

Result = TypeVar("Result")


class ApiRefused(Exception):
    """The API answered with an error.

    Attributes:
        status: HTTP status code.
        what: the message, written for people.
    """

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what


class ApiClient:
    """Calls routes below `/api/v1` and decodes what they answer into a type of `console/results/`.

    Every method raises `ApiRefused` where the API answers with an error.

    Args:
        app: the application that holds the API.
        request: the viewer's request. Its cookies and address go along, so that the audit log names the
            right person.
    """

    def __init__(self, app: FastAPI, request: Request) -> None:
        host = (request.client.host, request.client.port) if request.client else ("unknown", 0)
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app, client=host, raise_app_exceptions=False),
            base_url=str(request.base_url).rstrip("/") + PREFIX,
            cookies=dict(request.cookies),
            timeout=_TIMEOUT_S,
        )
        self.csrf = ""

    async def get(self, path: str, result: type[Result], /, **query: Any) -> Result:
        """Read a resource; query parameters that are None or empty are left out."""
        return _decoded(await self._ask("GET", path, params=_given(query)), result)

    async def post(self, path: str, result: type[Result], /, body: object = None) -> Result:
        """Create a resource or start an action."""
        return _decoded(await self._ask("POST", path, json=body), result)

    async def post_nothing(self, path: str, body: object) -> None:
        """Start an action that answers without a result."""
        await self._ask("POST", path, json=body)

    async def put(self, path: str, result: type[Result], /, body: object) -> Result:
        """Replace a resource."""
        return _decoded(await self._ask("PUT", path, json=body), result)

    async def patch(self, path: str, result: type[Result], /, body: object) -> Result:
        """Change parts of a resource."""
        return _decoded(await self._ask("PATCH", path, json=body), result)

    async def delete(self, path: str, /, **query: Any) -> None:
        """Remove a resource."""
        await self._ask("DELETE", path, params=_given(query))

    async def _ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {CSRF_HEADER: self.csrf}
        if method == "GET" and path != SESSION:
            # Most reads after the first are of timers, which must not keep an idle session awake.
            headers = {UNATTENDED: "1"}
        response = await self._http.request(method, path, headers=headers, **arguments)
        if response.is_error:
            raise ApiRefused(response.status_code, _message(response))
        return response


_ADAPTERS: dict[type, TypeAdapter[Any]] = {}  # making one takes longer than decoding with it


def _decoded(response: httpx.Response, result: type[Result]) -> Result:
    adapter = _ADAPTERS.get(result)
    if adapter is None:
        adapter = _ADAPTERS[result] = TypeAdapter(result)
    decoded: Result = adapter.validate_json(response.content)
    return decoded


def _given(query: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in query.items() if value not in (None, "")}


def _message(response: httpx.Response) -> str:
    """The error in words: our own form, FastAPI's list of fields, or the bare status."""
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"the console's API answered {response.status_code}"
    if isinstance(detail, dict):
        parts = [detail.get("what"), detail.get("where"), detail.get("allowed")]
        return " · ".join(str(part) for part in parts if part)
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(map(str, one.get('loc', [])[1:]))}: {one.get('msg')}" for one in detail)
    return str(detail)
