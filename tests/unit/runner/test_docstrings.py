"""Sections of docstrings are optional; a section that is present must fit the code."""

from pathlib import Path

import pytest

from tests.suite.docstrings import findings


def found(folder: Path, source: str) -> str:
    (folder / "module.py").write_text(source)
    return "\n".join(findings([str(folder)]))


def function(section: str) -> str:
    """Return the source of a function with two arguments and a section in its docstring."""
    return f'def f(a: int, b: int) -> int:\n    """Add.\n\n    {section}\n    """\n    return a + b\n'


def dataclass(attribute: str) -> str:
    """Return the source of a class with two attributes; the docstring names one of them."""
    lines = f"    Attributes:\n        {attribute}: a number.\n"
    return f'class C:\n    """Numbers.\n\n{lines}    """\n\n    x: int\n    y: int\n'


@pytest.mark.parametrize(
    "source",
    [
        function("Raises:\n        OverflowError: never."),
        function("Example:\n        >>> f(1, 2)\n        3"),
        function("Args:\n        a: one number.\n        b: the other."),
        dataclass("x"),
    ],
    ids=["raises alone", "example alone", "all arguments", "some attributes"],
)
def test_no_section_is_asked_for(tmp_path: Path, source: str) -> None:
    assert found(tmp_path, source) == ""


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (function("Args:\n        a: one number."), "not in the docstring: [b: int]"),
        (
            function("Args:\n        a: 1.\n        b: 2.\n        c: 3."),
            "not in the function signature: [c",
        ),
        (function("Args:\n        b: two.\n        a: one."), "order"),
        (dataclass("z"), "not in the actual class attributes: [z"),
    ],
    ids=["missing argument", "unknown argument", "order", "unknown attribute"],
)
def test_a_section_that_does_not_fit_is_found(tmp_path: Path, source: str, named: str) -> None:
    assert named in found(tmp_path, source)


def test_a_file_that_cannot_be_parsed_is_found(tmp_path: Path) -> None:
    assert found(tmp_path, "def f(:\n") != ""
