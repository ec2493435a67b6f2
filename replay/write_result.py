"""Writes the result of a replay as JSON; equal inputs give equal bytes, except for time and memory."""

from __future__ import annotations

import json
import math
import os
import resource
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from replay.mapping import Mapping
from replay.result import ReplayResult


def as_json(
    outcome: ReplayResult, mapping: Mapping, configuration: dict[str, Any], file: Path
) -> dict[str, Any]:
    """Return a result ready for JSON.

    Args:
        outcome: The result.
        mapping: The mapping that was used.
        configuration: What the protocol needs to run again.
        file: The replayed file; only its name is kept.
    """
    contenders = [
        {"name": name} | {measure: asdict(interval) for measure, interval in figures.items()}
        for name, figures in outcome.contenders.items()
    ]
    return {
        "contenders": contenders,
        "patterns": [],
        "seconds": outcome.pass_seconds,
        "train_seconds": outcome.train_seconds,
        "peak_mib": peak_mib(),
        "rows": outcome.survey.rows,
        "frauds": outcome.survey.frauds,
        **outcome.details,
        "configuration": {"file": file.name, **configuration, "mapping": msgspec.to_builtins(mapping)},
    }


def peak_mib() -> float:
    """Return the largest resident set of this process so far, MiB; those that it started are left out."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_whole(path: Path, text: str) -> None:
    """Replace a file atomically: it is complete, or as it was before."""
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)  # it remains where the disk is full


def write_json(path: Path, found: dict[str, Any]) -> None:
    """Write the result, one key a line; figures that could not be measured are null."""
    write_whole(path, json.dumps(_measured(found), indent=1, allow_nan=False) + "\n")


def _measured(found: Any) -> Any:
    """Return the same with None for every figure that is not finite, since JSON has no such numbers."""
    if isinstance(found, dict):
        return {key: _measured(value) for key, value in found.items()}
    if isinstance(found, list | tuple):
        return [_measured(value) for value in found]
    return None if isinstance(found, float) and not math.isfinite(found) else found
