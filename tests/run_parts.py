"""Run the parts of the test suite, two at a time, and print one line with the totals at the end.

./run test            every part; prints the whole output of a part when it ends
./run test unit       one part; further arguments go to pytest: ./run test unit -k settings
./run test cluster    a part that runs only by name: minutes of faults in a cluster of three brokers
./run test containers another such part: the image and the compose file, as real containers
./run test spark      another one: jobs on Spark, in an environment of its own with PySpark
"""

import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.suite.outcome import Outcome
from tests.suite.output import Output, say
from tests.suite.parts import BY_HAND, PARTS

CLONE = Path(__file__).resolve().parent.parent
AT_ONCE = 2  # parts; integration spends about half of its time waiting for brokers and browsers


def main(arguments: list[str]) -> int:
    """Run the named part, or all. Return 0 only if something ran and nothing failed."""
    if arguments and arguments[0] not in PARTS | BY_HAND:
        print(f"no part is named {arguments[0]}; there are: {', '.join(PARTS | BY_HAND)}", file=sys.stderr)
        return 2
    total = run_part(arguments[0], arguments[1:]) if arguments else run_all()
    if total.broken:
        say("a part ended abnormally, see above")
    say(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return 0 if total.passed and not total.failed and not total.broken else 1


def run_all() -> Outcome:
    """Run every part, AT_ONCE at a time, and print the output of each when it has ended."""
    total = Outcome()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for ended in as_completed([pool.submit(run_into_file, name) for name in PARTS]):
            outcome, text = ended.result()
            total += outcome
            sys.stdout.buffer.write(text)
            sys.stdout.flush()
    return total


def run_into_file(name: str) -> tuple[Outcome, bytes]:
    """Run a part; return its counts and its output."""
    say(f"... {name} runs")
    with tempfile.TemporaryFile() as output:
        outcome = run_part(name, [], output)
        output.seek(0)
        return outcome, output.read()


def run_part(name: str, extra: list[str], output: Output = None) -> Outcome:
    """Run a part; print a line with its name before it and a line with its verdict after it."""
    say(f"=== {name}", output)
    started = time.monotonic()
    outcome = (PARTS | BY_HAND)[name](extra, CLONE, output)
    seconds = time.monotonic() - started
    say(f"=== {name}: {outcome.verdict}, {outcome.passed} passed, {seconds:.1f} s", output)
    return outcome


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
