"""The result file is complete or absent, and every JSON reader can read it."""

from __future__ import annotations

import json
from pathlib import Path

from replay.write_result import write_json


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def test_what_could_not_be_measured_is_null(tmp_path: Path) -> None:
    found = {"recall": [0.5, float("nan")], "delay": {"amount": (float("inf"), 2)}, "name": "base"}
    write_json(tmp_path / "result.json", found)
    read = json.loads((tmp_path / "result.json").read_text(), parse_constant=refuse)
    assert read == {"recall": [0.5, None], "delay": {"amount": [None, 2]}, "name": "base"}
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]
