"""Train the benchmark's artifacts for each held-out family; existing artifacts are kept.

python -m benchmarks.fewshot.train_all var/bench/fewshot
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch

from benchmarks.fewshot.datasets import load
from benchmarks.fewshot.setting import Setting

HELD_OUT = {"sparkov": (1, 3, 2), "handbook": (3, 1)}


def main(folder: Path, only: str, *, learners: bool) -> None:
    """Train base and evidence for the five families, then the other learners."""
    torch.set_num_threads(1)
    for name, families in HELD_OUT.items():
        if only and name != only:
            continue
        data = load(name)
        for held in families:
            setting, begun = Setting(data, held, folder), time.monotonic()
            if setting.artifacts.learners is None and learners:
                setting.train_learners()
            print(f"{name} without {data.families[held - 1]}: {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "", learners=len(sys.argv) > 3)
