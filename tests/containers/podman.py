"""Podman with a store of its own, configured for a machine without systemd and with bounded limits."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from flagfive.jars import cache_folder

STORE = cache_folder() / "containers"
"""Images, containers and volumes; delete it to free the space."""

# Podman asks for more open files than many machines allow, and systemd's timers run its health checks.
_ENGINE = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_config_dir = "{store}/networks"
"""
_STORAGE = """
[storage]
driver = "overlay"
graphroot = "{store}/graph"
runroot = "/run/flagfive-containers"
"""


def environment() -> Mapping[str, str]:
    """Write podman's configuration; return the variables that name it."""
    STORE.mkdir(parents=True, exist_ok=True)
    files = {"CONTAINERS_CONF": _ENGINE, "CONTAINERS_STORAGE_CONF": _STORAGE}
    for name, text in files.items():
        _write(_file(name), text.format(store=STORE))
    return {**os.environ, **{name: str(_file(name)) for name in files}, "DISABLE_HC_SYSTEMD": "true"}


def podman(*arguments: str, check: bool = True, within_s: float = 600.0) -> subprocess.CompletedProcess[str]:
    """Run podman and return what it printed; an error shows its output."""
    return run(["podman", *arguments], check=check, within_s=within_s)


def run(
    command: Sequence[str], *, check: bool = True, within_s: float = 600.0
) -> subprocess.CompletedProcess[str]:
    """Run a program that uses podman, in its environment."""
    done = subprocess.run(
        command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within_s
    )
    if check:
        assert done.returncode == 0, f"{' '.join(command)}:\n{(done.stdout + done.stderr)[-4000:]}"
    return done


def _file(name: str) -> Path:
    return STORE / f"{name.lower()}.conf"


def _write(file: Path, text: str) -> None:
    """Write a file once: a podman that runs may be reading it."""
    if not file.exists() or file.read_text() != text:
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(text)
        draft.rename(file)
