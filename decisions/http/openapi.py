"""The OpenAPI description of the decision API."""

from __future__ import annotations

from typing import Any

import msgspec

from decisions.answer import Answer
from decisions.http.asking import LONGEST_DEADLINE_MS
from settings import DecisionsSettings

_REFERENCE = "#/components/schemas/{name}"
_MEANING = {
    "401": "The token is missing, unknown, revoked or expired.",
    "403": "The token lacks the scope `decisions`.",
    "405": "The path has another method.",
    "408": "The body did not arrive in time.",
    "409": "Another transaction has this id.",
    "413": "The body or the array is too large.",
    "422": "The request is invalid; `detail` names what, where and what is allowed.",
    "429": "Too many transactions wait for a score; `Retry-After` says when to try again.",
    "500": "The gateway failed.",
    "503": "The gateway cannot check the token now.",
}


def document(settings: DecisionsSettings) -> dict[str, Any]:
    """Return the description, OpenAPI 3.1."""
    _, components = msgspec.json.schema_components([Answer], ref_template=_REFERENCE)
    text = {"type": "string"}
    components["Error"] = _object({"detail": _object({"what": text, "where": text, "allowed": text})})
    components["Result"] = {
        "description": "One transaction of a batch: `decision` where `status` is 200, else `detail`.",
        "type": "object",
        "required": ["status"],
        "properties": {
            "status": {"type": "integer"},
            "decision": {"$ref": _REFERENCE.format(name="Answer")},
            "detail": components["Error"]["properties"]["detail"],
        },
    }
    components["Results"] = _object(
        {"results": {"type": "array", "items": {"$ref": _REFERENCE.format(name="Result")}}}
    )
    transaction = {
        "type": "object",
        "description": "A transaction with the fields that flagfive.toml maps, as on the topic.",
    }
    many = {"type": "array", "items": transaction, "minItems": 1, "maxItems": settings.batch}
    return {
        "openapi": "3.1.0",
        "info": {"title": "flagfive decisions", "version": "1"},
        "paths": {
            "/v1/decisions": {
                "post": _operation("decide", "Decide on one transaction.", transaction, "Answer", settings)
            },
            "/v1/decisions/batch": {
                "post": _operation(
                    "decide_batch", "Decide on many transactions, in order.", many, "Results", settings
                )
            },
        },
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(
    name: str, summary: str, body: dict[str, Any], answer: str, settings: DecisionsSettings
) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "security": [{"token": []}] if settings.access == "token" else [],
        "parameters": _parameters(settings),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _response("The decision.", answer)}
        | {status: _response(meaning, "Error") for status, meaning in _MEANING.items()},
    }


def _parameters(settings: DecisionsSettings) -> list[dict[str, Any]]:
    deadline = {
        "type": "number", "minimum": 1, "maximum": LONGEST_DEADLINE_MS, "default": settings.deadline_ms,
    }  # fmt: skip
    return [
        {
            "name": "deadline_ms", "in": "query", "schema": deadline,
            "description": "Milliseconds from arrival to answer; past it the answer is the fallback.",
        },
        {
            "name": "durable", "in": "query", "schema": {"type": "boolean", "default": settings.durable},
            "description": "Wait until the score is committed, within the deadline.",
        },
    ]  # fmt: skip


def _response(meaning: str, name: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCE.format(name=name)}
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}
