"""The parts of the suite, and a function to run each one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from flagfive.apt import install_with_apt
from tests.suite.outcome import Outcome, counts_of
from tests.suite.output import Output, run_module, say
from tests.suite.style import PACKAGES, present, style

# Programs that tests/cluster needs, and the Debian package of each.
CLUSTER_NEEDS = {"unshare": "util-linux", "ip": "iproute2", "cc": "build-essential"}
# A user that is not root may make networks and mounts in a user namespace of its own, without /run.
NAMESPACES = (
    *("unshare", "--map-root-user", "--mount", "--net", "--pid", "--mount-proc", "--kill-child"),
    *("sh", "-c", 'mount -t tmpfs run /run && exec "$@"', "sh"),
)
# Programs that tests/containers needs, and the Debian package of each.
CONTAINERS_NEED = {
    "podman": "podman",
    "runc": "runc",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "catatonit": "catatonit",
    "ip": "iproute2",
}
# Containers need the real root for their users; network, mounts and processes end with the namespaces. The
# shell stays as the first process, since it collects the processes that podman leaves to it.
OWN_NETWORK = (
    *("unshare", "--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"),
    *("sh", "-c", 'mount -t tmpfs run /run && ip link set lo up; "$@"; exit $?', "sh"),
)
NO_TESTS = 5  # pytest's exit code
# Brokers, databases and browsers share two cores, and now and then one answers later than a test waits. A
# test that fails runs once more. The summary lists it as RERUN, with the error of its first try.
RETRY = ("--reruns=1", "-rfERs")
STREAM = "integration/stream"
# Takes arguments for pytest or the checks, the clone, and where to print.
Run = Callable[[list[str], Path, Output], Outcome]


def unit(extra: list[str], clone: Path, output: Output) -> Outcome:
    """Run the unit tests, and the examples in docstrings."""
    doctests = ["--doctest-modules", "--ignore-glob=*/migrations/*", *present(clone, PACKAGES)]
    return run_pytest(["tests/unit", *doctests, *extra], clone, output)


def folder(name: str, extra: list[str], clone: Path, output: Output) -> Outcome:
    """Run all tests in tests/NAME. A folder without tests counts nothing."""
    if not any((clone / "tests" / name).rglob("test_*.py")):
        say(f"no tests in tests/{name}: part left out", output)
        return Outcome()
    return run_pytest([f"tests/{name}", *extra], clone, output)


def cluster(extra: list[str], clone: Path, output: Output) -> Outcome:
    """Run tests/cluster in namespaces of its own: networks, mounts and what runs there end with it."""
    if not all_present(CLUSTER_NEEDS, output):
        return Outcome(broken=True)
    return run_pytest(["tests/cluster", "--show-capture=no", "-s", *extra], clone, output, before=NAMESPACES)


def containers(extra: list[str], clone: Path, output: Output) -> Outcome:
    """Build the images, then run tests/containers in a network of its own, which ends with it."""
    if os.geteuid() != 0:
        say("containers need root for their users: sudo ./run test containers", output)
        return Outcome(broken=True)
    if not all_present(CONTAINERS_NEED, output):
        return Outcome(broken=True)
    if run_module("tests.containers.make_images", clone=clone, output=output) != 0:
        return Outcome(broken=True)
    return run_pytest(["tests/containers", "-s", *extra], clone, output, before=OWN_NETWORK)


def all_present(needed: Mapping[str, str], output: Output) -> bool:
    """Install what is missing where that is possible; else name the first that is missing.

    Args:
        needed: programs, and the Debian package of each.
        output: where to print.
    """
    for program, package in needed.items():
        if not shutil.which(program) and not install_with_apt((package,), f"{program} is missing"):
            say(f"{program} is missing. On Debian or Ubuntu: sudo apt-get install {package}", output)
            return False
    return True


def run_pytest(arguments: list[str], clone: Path, output: Output, before: Sequence[str] = ()) -> Outcome:
    """Run pytest and read its counts from the report that it writes; `before` starts the command line."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.xml"
        code = run_module(
            "pytest",
            f"--junitxml={report}",
            "--durations=12",
            *RETRY,
            *arguments,
            clone=clone,
            output=output,
            before=before,
        )
        reported = report.exists()
        counted = counts_of(report) if reported else Outcome()
    # A process that dies in the middle of a test may still exit 0, but it leaves no report.
    broken = not reported or code not in (0, 1, NO_TESTS) or (code == 1 and counted.failed == 0)
    return counted + Outcome(broken=broken)


def integration(extra: list[str], clone: Path, output: Output) -> Outcome:
    """Run the tests in tests/integration, except those of the part `stream`."""
    return folder("integration", [f"--ignore=tests/{STREAM}", *extra], clone, output)


# The longest parts come first: two run at a time, so a long one at the end would run alone.
PARTS: dict[str, Run] = {
    "integration": integration,
    "unit": unit,
    "stream": partial(folder, STREAM),
    "end_to_end": partial(folder, "end_to_end"),
    "contract": partial(folder, "contract"),
    "style": style,
}
BY_HAND: dict[str, Run] = {"cluster": cluster, "containers": containers, "spark": partial(folder, "spark")}
"""Parts that run only by name: they take many minutes, or an environment of their own."""
