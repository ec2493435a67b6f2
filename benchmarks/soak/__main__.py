"""`./run bench soak`: kill everything at random for minutes, then prove that nothing is lost."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from benchmarks.soak.run import soak
from flagfive.processes import Processes
from flagfive.stop_signals import interrupt_on_stop_signals


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="./run bench soak", description=__doc__, epilog="Example: ./run bench soak --minutes 2"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="how long to kill (default 60)")
    parser.add_argument("--rate", type=float, default=500.0, help="payments a second (default 500)")
    parser.add_argument("--seed", type=int, default=1, help="of kills and flags (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--folder", type=Path, help="keep data and logs there (default: a temporary folder)")
    return parser.parse_args()


def main() -> int:
    """Run the soak; return 1 where the proof fails."""
    chosen, console = arguments(), Console(stderr=True)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the broker is killed again and again
    with (
        tempfile.TemporaryDirectory() as temporary,
        interrupt_on_stop_signals(),
        Processes((chosen.folder or Path(temporary)) / "log") as processes,
    ):
        folder = chosen.folder or Path(temporary)
        measured = asyncio.run(
            soak(
                folder, processes, minutes=chosen.minutes, rate=chosen.rate, seed=chosen.seed, say=console.log
            )
        )
    print(json.dumps(measured, indent=1))
    if chosen.json:
        chosen.json.write_text(json.dumps(measured, indent=1) + "\n")
    return 1 if measured["broken"] else 0


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
