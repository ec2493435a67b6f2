"""Installs system packages on Debian-like machines, if the process runs as root."""

import os
import shutil
import subprocess
from collections.abc import Sequence


def install_with_apt(alternatives: Sequence[str], why: str) -> bool:
    """Install the first available package.

    Args:
        alternatives: names of packages, the preferred one first.
        why: what is missing, for the line that is printed.

    Returns:
        Whether one was installed; False without apt-get, without root, or if apt knows none.
    """
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"{why}: installing it with apt-get ...", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=environment, **quiet)  # type: ignore[call-overload]
    install = ["apt-get", "install", "-qy", "--no-install-recommends"]
    return any(
        subprocess.run([*install, package], env=environment, **quiet).returncode == 0  # type: ignore[call-overload]
        for package in alternatives
    )
