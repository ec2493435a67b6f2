"""Makes the images that the compose file names: the product's from its Dockerfile, the others as stand-ins.

No registry is asked. The base is Debian from debootstrap, and Kafka's jars are those that the product
fetches. Images stay in the store for the next run.

    python -m tests.containers.make_images
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import venv
from pathlib import Path
from typing import Any

import yaml

from flagfive.jars import ensure_jars
from flagfive.java import ensure_maven
from tests.containers.podman import STORE, environment, podman

CLONE = Path(__file__).resolve().parents[2]
RECIPES = Path(__file__).parent / "images"
BASE = "localhost/bookworm"
MIRROR = "http://deb.debian.org/debian"
TOOLS = "org.apache.kafka:kafka-tools:4.4.0"  # holds the command of Kafka's health check
COMPOSE = "podman-compose==1.6.0"
COMPOSE_PROGRAM = STORE / "compose" / "bin" / "podman-compose"
LATER = {"adapter", "adapter-gpu"}
"""Their image has torch and 5 GB of CUDA libraries; tests/containers/stack.py says what stands in."""


def services() -> dict[str, dict[str, Any]]:
    """Return the services of docker-compose.yml."""
    found: dict[str, dict[str, Any]] = yaml.safe_load((CLONE / "docker-compose.yml").read_text())["services"]
    return found


def make_all() -> None:
    """Make what is missing, and the product's image anew."""
    STORE.mkdir(parents=True, exist_ok=True)
    if not COMPOSE_PROGRAM.exists():
        venv.create(COMPOSE_PROGRAM.parents[1], with_pip=True)
        pip = [str(COMPOSE_PROGRAM.with_name("pip")), "install", "-q", "--disable-pip-version-check", COMPOSE]
        subprocess.run(pip, check=True)
    if not _is_there(BASE):
        _make_base()
    python = next(
        line.split("=")[1]
        for line in (CLONE / "Dockerfile").read_text().splitlines()
        if line.startswith("ARG PYTHON=")
    )
    _stand_in("python", f"docker.io/library/python:{python}")
    named = {name: service["image"] for name, service in services().items()}
    _stand_in("kafka", f"docker.io/{named['kafka']}", files=_kafka_jars)
    _stand_in("postgres", f"docker.io/library/{named['postgres']}")
    _stand_in("prometheus", f"docker.io/{named['prometheus']}")
    _build("flagfive", named["worker"], _revision())


def _make_base() -> None:
    with tempfile.TemporaryDirectory(dir=STORE) as place:
        root = Path(place) / "root"
        make = [
            "debootstrap",
            "--variant=minbase",
            "--include=ca-certificates",
            "bookworm",
            str(root),
            MIRROR,
        ]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
        for folder in ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
            shutil.rmtree(root / folder)
        subprocess.run(
            f"tar -C {root} -c . | podman import - {BASE}", shell=True, check=True, env=environment()
        )


def _stand_in(recipe: str, name: str, files: Any = None) -> None:
    print(f"building a stand-in for {name} ...", flush=True)
    with tempfile.TemporaryDirectory(dir=STORE) as place:
        context = Path(place) / recipe
        shutil.copytree(RECIPES / recipe, context)
        if files is not None:
            files(context)
        podman("build", "--network=host", "--tag", name, str(context), within_s=1800.0)


def _kafka_jars(context: Path) -> None:
    shutil.copytree(ensure_jars(), context / "jars")
    goal = ["dependency:copy", f"-Dartifact={TOOLS}", f"-DoutputDirectory={context / 'jars'}"]
    subprocess.run([ensure_maven(), "-q", "-B", *goal], check=True, stdin=subprocess.DEVNULL)


def _build(target: str, name: str, revision: str) -> None:
    """Build as `docker build --target`, with the settings of pip of this machine."""
    print(f"building {name}: minutes at the first time ...", flush=True)
    settings = STORE / "pip.conf"
    settings.write_text(_pip_settings())
    podman(
        *("build", "--format=docker", "--network=host", "--volume=/etc/ssl/certs:/etc/ssl/certs:ro"),
        *(f"--secret=id=pip,src={settings}", f"--target={target}", f"--build-arg=REVISION={revision}"),
        *("--tag", name, str(CLONE)),
        within_s=3600.0,
    )


def _pip_settings() -> str:
    """Return what pip knows here, from files and variables, as one file."""
    told = subprocess.run(
        [COMPOSE_PROGRAM.with_name("pip"), "config", "list"], check=True, capture_output=True, text=True
    )
    lines = [line.partition("=") for line in told.stdout.splitlines()]
    settings = {name.rpartition(".")[2]: value.strip("'\"") for name, _, value in lines}
    settings.pop("find-links", None)  # a folder of this machine
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def _is_there(image: str) -> bool:
    return podman("image", "exists", image, check=False).returncode == 0


def _revision() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=CLONE, check=True, capture_output=True, text=True)
    return done.stdout.strip()


if __name__ == "__main__":
    make_all()
