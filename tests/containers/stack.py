"""The services of docker-compose.yml, started by podman-compose in a folder of their own.

The compose file runs as it is, with two differences that `override` holds. The image of the adaptation worker
would bring 5 GB of CUDA libraries, so the worker runs from the image without torch and gets torch from the
environment of the tests, read-only. Grafana is left out.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.containers.make_images import CLONE, COMPOSE_PROGRAM, LATER, services
from tests.containers.podman import podman, run
from tests.waiting import until

PROJECT = "flagfive"
LEFT_OUT = {"grafana", "adapter-gpu"}
HEALTHY_S = 600.0  # on a busy machine the first start compiles kernels for minutes
# Docker lays no file systems over /run and /var/tmp of a container that is read-only, and knows no pods.
_AS_DOCKER = ("--in-pod=false", "--podman-run-args=--read-only-tmpfs=false")
_TORCH = ("torch", "torchgen", "triton", "nvidia", "functorch", "cuda")
_SITE = "/environment/lib/python3.11/site-packages"


@dataclass
class Stack:
    """One project of podman-compose.

    Attributes:
        folder: holds the compose file, its override, and the secrets.
    """

    folder: Path

    @classmethod
    def prepared(cls, folder: Path) -> Stack:
        """Copy what the compose file reads, make the secrets, and return a stack that is not started."""
        shutil.copy(CLONE / "docker-compose.yml", folder)
        shutil.copytree(CLONE / "dashboards", folder / "dashboards")
        (folder / "override.yml").write_text(yaml.safe_dump(override()))
        subprocess.run([CLONE / "deploy" / "make-secrets", str(folder / "secrets")], check=True)
        return cls(folder)

    def compose(self, *arguments: str) -> str:
        """Run podman-compose and return what it printed."""
        files = ["-f", str(self.folder / "docker-compose.yml"), "-f", str(self.folder / "override.yml")]
        command = [str(COMPOSE_PROGRAM), "-p", PROJECT, *_AS_DOCKER, *files, *arguments]
        return run(command, within_s=HEALTHY_S).stdout

    def up(self, *names: str, scale: int = 1) -> None:
        """Start services without what they depend on."""
        scaled = ["--scale", f"{names[0]}={scale}"] if scale > 1 else []
        self.compose("up", "--detach", "--no-deps", "--no-build", *scaled, *names)

    def down(self) -> None:
        """Stop everything and remove containers, networks and volumes."""
        left = self.containers()
        if left:  # podman-compose forgets the second container of a service
            podman("rm", "--force", "--time", "30", *left)
        self.compose("down", "--volumes", "--timeout", "30")

    def containers(self, service: str = "") -> list[str]:
        """Return the names of containers, running or not."""
        wanted = f"label=io.podman.compose.project={PROJECT}"
        found = podman("ps", "--all", "--filter", wanted, "--format", "{{.Names}}").stdout.split()
        return sorted(name for name in found if service in ("", service_of(name)))

    def inspect(self, container: str) -> dict[str, Any]:
        """Return what podman knows of a container."""
        (found,) = json.loads(podman("inspect", container).stdout)
        assert isinstance(found, dict)
        return found

    def inside(self, container: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container."""
        return podman("exec", container, *command, check=False)

    def address(self, container: str) -> str:
        """Return the address of a container in the project's network."""
        (network,) = self.inspect(container)["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def wait_until_healthy(self, service: str) -> None:
        """Run the health checks that the compose file gives, as an engine does, until all pass."""

        def healthy() -> bool:
            names = self.containers(service)
            checks = [podman("healthcheck", "run", name, check=False) for name in names]
            return bool(names) and all(check.returncode == 0 for check in checks)

        try:
            until(healthy, what=f"{service} to be healthy", within_s=HEALTHY_S)
        except BaseException:
            for name in self.containers(service):
                print(name, podman("logs", "--tail", "60", name, check=False))
            raise

    def wait_until_done(self, service: str) -> None:
        """Wait until the container of a service has ended with success."""
        (name,) = self.containers(service)

        def done() -> bool:
            state = self.inspect(name)["State"]
            return bool(state["Status"] == "exited" and state["ExitCode"] == 0)

        until(done, what=f"{service} to end with exit code 0", within_s=HEALTHY_S)


def service_of(container: str) -> str:
    """Return the service of a container that is named PROJECT_SERVICE_NUMBER."""
    return container.removeprefix(f"{PROJECT}_").rpartition("_")[0]


def override() -> dict[str, Any]:
    """Return the compose file that is laid over docker-compose.yml."""
    found = services()
    spec = importlib.util.find_spec("torch")
    assert spec is not None
    assert spec.origin is not None
    site = Path(spec.origin).parents[1]
    mounts = [f"{site / name}:{_SITE}/{name}:ro" for name in _TORCH if (site / name).is_dir()]
    return {
        "services": {
            name: {"image": found["worker"]["image"], "volumes": mounts} for name in LATER - LEFT_OUT
        }
    }
