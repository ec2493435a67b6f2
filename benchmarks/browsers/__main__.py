"""`./run bench browsers [--json FILE]`: scoring with and without 20 browsers on the console's queue.

The browsers run on the same machine, so their own CPU use counts too. The result is therefore an upper bound
on the cost of the console.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.browsers.demo import Demo
from benchmarks.browsers.watchers import watchers
from benchmarks.episodes.swaps import Watch
from settings import Settings


def main(arguments: list[str]) -> None:
    """Measure without browsers, with browsers, and without again, since the machine's load may change."""
    asked = _arguments(arguments)
    with tempfile.TemporaryDirectory() as folder, Demo(Path(folder) / "var", asked.rate) as demo:
        link = demo.wait_for_story(lambda line: print(line, file=sys.stderr))
        found = {"alone": _watch(demo.settings, asked.seconds)}
        with watchers(link, asked.browsers):
            found[f"with {asked.browsers} browsers"] = _watch(demo.settings, asked.seconds)
        found["alone again"] = _watch(demo.settings, asked.seconds)
    for name, one in found.items():
        print(f"{name:18} " + "  ".join(f"{key} {value:,.1f}" for key, value in one.items()))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def _watch(settings: Settings, seconds: float) -> dict[str, float]:
    """Measure transactions per second and their latency, from arrival to the scored batch."""
    topics = settings.topics
    with Watch(settings.broker, topics.scored, topics.partitions) as watch:
        time.sleep(seconds)
    took = np.concatenate([batch.took_ms for batch in watch.seen])
    p50, p99 = np.percentile(took, [50, 99])
    return {"per_second": len(took) / seconds, "p50_ms": float(p50), "p99_ms": float(p99)}


def _arguments(arguments: list[str]) -> Any:
    parser = argparse.ArgumentParser(prog="./run bench browsers", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--browsers", type=int, default=20, help="pages on the queue (default 20)")
    parser.add_argument("--rate", type=float, default=3_000.0, help="payments a second (default 3,000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each measurement (default 30)")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
