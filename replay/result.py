"""What a replay found, as JSON: the same inputs give the same bytes but for time and memory."""

from __future__ import annotations

import json
import os
import resource
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from replay.mapping import Mapping
from replay.prequential import Outcome, Plan


def as_json(outcome: Outcome, mapping: Mapping, plan: Plan, file: Path) -> dict[str, Any]:
    """Return contenders, each measure as value, low and high, seconds, peak MiB and the configuration."""
    contenders = [
        {"name": name} | {measure: asdict(interval) for measure, interval in figures.items()}
        for name, figures in outcome.contenders.items()
    ]
    return {
        "contenders": contenders,
        "seconds": outcome.pass_seconds,
        "train_seconds": outcome.train_seconds,
        "peak_mib": peak_mib(),
        "rows": outcome.survey.rows,
        "frauds": outcome.survey.frauds,
        "folds": [asdict(days) for days in outcome.folds],
        "configuration": {
            "file": file.name,
            "protocol": "prequential",
            "plan": asdict(plan),
            "mapping": msgspec.to_builtins(mapping),
        },
    }


def peak_mib() -> float:
    """Largest resident set of this process so far, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def write_whole(path: Path, text: str) -> None:
    """Write a file at once: it is there complete, or as it was before."""
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def write_json(path: Path, found: dict[str, Any]) -> None:
    """Write the result, one key a line."""
    write_whole(path, json.dumps(found, indent=1) + "\n")
