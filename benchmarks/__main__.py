"""`./run bench NAME ...` runs the benchmark in the folder NAME; without a name, it lists all benchmarks."""

import runpy
import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def names() -> list[str]:
    """List the folders that contain a benchmark."""
    return sorted(entry.parent.name for entry in HERE.glob("*/__main__.py"))


def main() -> None:
    """Run the benchmark that the first argument names, and pass it all other arguments."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in names():
        lines = [f"  {one:10} {_says(one)}" for one in names()]
        told = "usage: ./run bench NAME [--help] [--json FILE] ...\n" + "\n".join(lines)
        sys.exit(f"there is no benchmark {name!r}\n{told}" if name not in ("", "--help", "-h") else told)
    sys.argv = [f"./run bench {name}", *arguments]
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=False)


def _says(name: str) -> str:
    return (import_module(f"benchmarks.{name}").__doc__ or "").strip().splitlines()[0]


if __name__ == "__main__":
    main()
