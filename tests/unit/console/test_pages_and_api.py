"""Pages depend only on the API: they import nothing else, and decode each answer to the route's type."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from console.server import RESOURCES
from tests.unit.test_imports import ALL, imports_of

PAGES = Path(__file__).resolve().parents[3] / "console" / "pages"
SOURCES = sorted(PAGES.glob("*.py"))
METHODS = {"get", "post", "put", "patch"}
ANYTHING = ".+"


ROUTES = [route for resource in RESOURCES for route in resource.router.routes if isinstance(route, APIRoute)]


def wrong_types(source: str) -> list[str]:
    """Return API calls in `source` whose result type no route of that method and path returns."""
    return [
        f"{method} {path}: {result}"
        for method, path, result in calls_of(source)
        if result not in returned(method, path)
    ]


def calls_of(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield method, path pattern and result type name of each API call."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr in METHODS and ast.unparse(node.func.value).split(".")[-1] == "api":
            yield node.func.attr.upper(), pattern_of(node.args[0]), ast.unparse(node.args[1])


def pattern_of(path: ast.expr) -> str:
    if isinstance(path, ast.Constant):
        return re.escape(str(path.value))
    if isinstance(path, ast.JoinedStr):
        return "".join(pattern_of(part) for part in path.values)
    return ANYTHING  # a variable or a function's result


def returned(method: str, path: str) -> set[str]:
    found = [one for one in ROUTES if method in (one.methods or ()) and re.fullmatch(path, one.path)]
    return {one.response_model.__name__ for one in found if one.response_model is not None}


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_page_decodes_what_the_route_returns(source: Path) -> None:
    assert wrong_types(source.read_text("utf-8")) == []


def test_calls_of_the_api_are_found() -> None:
    assert sum(len(list(calls_of(path.read_text("utf-8")))) for path in SOURCES) > 30


@pytest.mark.parametrize(
    "call", ['get("/cases", CaseDetails)', 'get("/case", CaseList)', 'post(f"{r}/links", LinkRow, {})']
)
def test_a_wrong_type_is_found(call: str) -> None:
    assert len(wrong_types(f"viewer.api.{call}")) == 1


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_pages_reach_the_rest_of_the_product_only_through_the_api(source: Path) -> None:
    ours = [one for one in imports_of(source.read_text("utf-8"), "console") if one.split(".")[0] in ALL]
    assert [one for one in ours if not one.startswith(("console.pages.", "console.results."))] == []
