"""Every example runs from the command line, in its small setting, and writes its documented output."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from examples.__main__ import NAMES

CLONE = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "examples", *arguments]
    return subprocess.run(command, cwd=CLONE, capture_output=True, text=True, timeout=280)


def test_all_five_run_small_and_write_plots_and_figures(tmp_path: Path) -> None:
    done = run("--quick", "--seeds", "2", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert set(figures["examples"]) == set(NAMES)
    assert (tmp_path / "results.md").read_text("utf-8").count("### ") == len(NAMES)
    for name, example in figures["examples"].items():
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000
        assert all(mean["seeds"] == 2 for mean in example["means"])
        assert all(math.isfinite(mean["mean"]) for mean in example["means"])
        assert all(mean["low"] <= mean["mean"] <= mean["high"] for mean in example["means"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("sines",), "no example sines; there are sine, digits"), (("--seeds", "0"), "allowed are 1 and more")],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
