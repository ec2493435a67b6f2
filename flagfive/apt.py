"""Install a system package where that is possible: on Debian-like machines, as root."""

import os
import shutil
import subprocess
from collections.abc import Sequence


def install_with_apt(alternatives: Sequence[str], why: str) -> bool:
    """Install the first of the packages that apt knows. False where apt cannot be used or knows none."""
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
