"""Feed decoders with hostile bytes for some seconds: `python -m tests.fuzz --seconds 60 [decoder ...]`.

The input under way is in a file, so that a crash of the process leaves it behind. What failed once is kept in
`tests/fuzz/corpus/DECODER/` and is fed first, every time.
"""

from __future__ import annotations

import argparse
import hashlib
import mmap
import random
import resource
import sys
import time
from pathlib import Path

from tests.fuzz.decoders import TARGETS, Target
from tests.fuzz.mutate import MOST_BYTES, mutated

CORPUS = Path(__file__).parent / "corpus"
# Hostile inputs of 64 KiB may not need more; a bomb of this size needs gigabytes.
MOST_GROWTH_MIB = 512


def kept(name: str) -> list[bytes]:
    """Return the inputs that failed once."""
    return [file.read_bytes() for file in sorted((CORPUS / name).glob("*"))]


class UnderWay:
    """Keeps the input under way in a file, also if the process ends: 4 bytes of length, then the input."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(4 + 2 * MOST_BYTES))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), 0)

    def note(self, data: bytes) -> None:
        self._memory[: 4 + len(data)] = len(data).to_bytes(4, "little") + data


def feed(name: str, target: Target, data: bytes, under_way: UnderWay) -> None:
    """Decode; on an error without a name keep the input and raise."""
    under_way.note(data)
    try:
        target.decode(data)
    except target.errors:
        return
    except BaseException:
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        raise


def main() -> int:
    """Run; return 1 where memory has grown too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("decoders", nargs="*", default=list(TARGETS), help="names (default: all)")
    parser.add_argument("--seconds", type=float, default=60.0, help="altogether (default 60)")
    parser.add_argument("--seed", type=int, default=0, help="of the random choices (default 0)")
    parser.add_argument("--under-way", type=Path, default=Path("/tmp/flagfive-fuzz-input"))
    options = parser.parse_args()
    under_way = UnderWay(options.under_way)
    for name in options.decoders:
        for data in [*TARGETS[name].seeds, *kept(name)]:
            feed(name, TARGETS[name], data, under_way)  # also compiles the kernels
    before = _peak_mib()
    for name in options.decoders:
        target, rng, fed = TARGETS[name], random.Random(options.seed), 0
        seeds = [*target.seeds, *kept(name)]
        until = time.monotonic() + options.seconds / len(options.decoders)
        while time.monotonic() < until:
            feed(name, target, mutated(seeds, rng), under_way)
            fed += 1
        print(f"{name}: {fed:,} inputs, {_peak_mib() - before:.0f} MiB more", flush=True)
    return 0 if _peak_mib() - before < MOST_GROWTH_MIB else 1


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


sys.exit(main())
