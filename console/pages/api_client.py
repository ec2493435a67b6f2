"""The API as a viewer may use it: in the same process, with the viewer's own session."""

from __future__ import annotations

from typing import Any

import httpx
from fastapi import FastAPI, Request

PREFIX = "/api/v1"
CSRF_HEADER = "X-CSRF-Token"
_TIMEOUT_S = 60.0  # a preview reads weeks of transactions


class ApiRefused(Exception):
    """The API answered with an error; `what` is meant for people."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what


class ApiClient:
    """Calls routes below `/api/v1` and returns what they answer, decoded.

    Args:
        app: the application that holds the API.
        request: the viewer's; its cookies and address go along, so the audit log names the right person.
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

    async def get(self, path: str, **query: Any) -> Any:
        """What is there. Raises ApiRefused."""
        return await self._ask("GET", path, params=_given(query))

    async def post(self, path: str, body: object = None) -> Any:
        """Do or create something. Raises ApiRefused."""
        return await self._ask("POST", path, json=body)

    async def put(self, path: str, body: object) -> Any:
        """Replace something. Raises ApiRefused."""
        return await self._ask("PUT", path, json=body)

    async def patch(self, path: str, body: object) -> Any:
        """Change parts of something. Raises ApiRefused."""
        return await self._ask("PATCH", path, json=body)

    async def delete(self, path: str, **query: Any) -> Any:
        """Remove something. Raises ApiRefused."""
        return await self._ask("DELETE", path, params=_given(query))

    async def _ask(self, method: str, path: str, **arguments: Any) -> Any:
        headers = {} if method == "GET" else {CSRF_HEADER: self.csrf}
        response = await self._http.request(method, path, headers=headers, **arguments)
        if response.is_error:
            raise ApiRefused(response.status_code, _said(response))
        return response.json() if response.content else None


def _given(query: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in query.items() if value not in (None, "")}


def _said(response: httpx.Response) -> str:
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
