"""`./run bench device [--json FILE]`: duration of training and adapting on the CPU and on a GPU."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import torch

from benchmarks.device.measure import Figures, measure
from meta.device import chosen_device


def main(arguments: list[str]) -> None:
    """Measure every available device in turn, and print the figures side by side."""
    parser = argparse.ArgumentParser(prog="./run bench device", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--rounds", type=int, default=20, help="median of so many (default 20)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of the processor")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    devices = list(dict.fromkeys(("cpu", chosen_device("auto"))))
    found = measure(devices, asked.rounds)
    print(f"torch {torch.__version__}, {asked.threads} threads; {_gpu()}")
    _show(found, devices)
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=2) + "\n")


def _gpu() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "torch finds no GPU here"


def _show(found: Figures, devices: list[str]) -> None:
    print(f"{'':34}" + "".join(f"{device:>14}" for device in devices))
    for name, by_device in found.items():
        print(f"{name:34}" + "".join(f"{by_device[device]:14,.2f}" for device in devices))


if __name__ == "__main__":
    main(sys.argv[1:])
