"""Train the artifacts of a battery, those of each held-out family; existing artifacts are kept.

python -m benchmarks.fewshot.train_all reported [--data sparkov] [--learners]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from benchmarks.fewshot.batteries import BATTERIES
from benchmarks.fewshot.setting import FOLDER, Setting


def main() -> None:
    """Train base and evidence for each family, and the other learners where asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("battery", choices=BATTERIES)
    parser.add_argument("--data", choices=("sparkov", "handbook"), help="only this data set")
    parser.add_argument("--learners", action="store_true", help="train MAML and its kin too")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where artifacts are kept")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name, source in BATTERIES[asked.battery].sources.items():
        if name not in ("sparkov", "handbook") or asked.data not in (None, name):
            continue
        data = source.load()
        for held in source.held_out:
            setting, begun = Setting(data, held, asked.folder / asked.battery), time.monotonic()
            if setting.artifacts.learners is None and asked.learners:
                setting.train_learners()
            print(f"{name} without {data.families[held - 1]}: {time.monotonic() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
