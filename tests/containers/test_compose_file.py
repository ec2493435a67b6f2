"""docker-compose.yml as an operator runs it: real containers, with the story of five flags through them.

1. The image is small, labelled and without torch.
2. Every service is healthy, unprivileged, read-only and limited, and holds its own secrets only.
3. Five flags become a live detector.
4. A worker that is killed starts again; a second one shares its partitions; no payment is lost.
5. Everything stops within its time.
"""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from collections.abc import Iterator

import pytest

from flagfive.processes import Processes
from tests.containers.bank import ContainerBank, log_folder, settings_of
from tests.containers.make_images import services
from tests.containers.podman import podman
from tests.containers.stack import LEFT_OUT, Stack
from tests.waiting import until

MIB = 1 << 20
LARGEST_IMAGE = 1_500_000_000
PYTHON = ("worker", "recorder", "monitor", "console", "decide")
RUNNING = sorted(set(services()) - LEFT_OUT - {"topics", "adapter"})


@pytest.fixture(scope="session")
def bank(stack: Stack) -> Iterator[ContainerBank]:
    """A bank with two weeks of history and live payments; the adaptation worker runs."""
    with (
        Processes(log_folder(stack)) as processes,
        ContainerBank(stack, settings_of(stack), processes) as bank,
    ):
        bank.warm_up()
        bank.begin_live()
        yield bank


def test_the_image_is_small_labelled_and_without_torch() -> None:
    name = services()["worker"]["image"]
    (image,) = json.loads(podman("image", "inspect", name).stdout)
    print(f"{name}: {image['Size'] / 1e9:.2f} GB", flush=True)
    assert image["Size"] <= LARGEST_IMAGE
    labels = image["Labels"]
    assert name.endswith(":" + labels["org.opencontainers.image.version"])
    assert re.fullmatch(r"[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
    done = podman("run", "--rm", "--entrypoint=python", name, "-c", "import torch", check=False)
    assert "No module named 'torch'" in done.stderr


@pytest.mark.parametrize("service", RUNNING)
def test_a_service_has_no_rights_and_cannot_write_its_file_system(stack: Stack, service: str) -> None:
    (name,) = stack.containers(service)
    status = dict(
        line.split(":\t", 1)
        for line in stack.inside(name, "cat", "/proc/1/status").stdout.splitlines()
        if ":\t" in line
    )
    assert "0" not in status["Uid"].split()
    assert {int(status[one], 16) for one in ("CapPrm", "CapEff", "CapBnd")} == {0}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    if services()[service].get("read_only"):
        for place in ("/etc", "/usr", "/app"):
            done = stack.inside(name, "sh", "-c", f"test ! -d {place} || touch {place}/new")
            assert "Read-only file system" in done.stderr or (place == "/app" and done.returncode == 0), place
        assert stack.inside(name, "touch", "/tmp/new").returncode == 0


@pytest.mark.parametrize("service", RUNNING)
def test_a_service_is_held_to_its_memory_and_cpus(stack: Stack, service: str) -> None:
    (name,) = stack.containers(service)
    limits = services()[service]["deploy"]["resources"]["limits"]
    number, unit = re.fullmatch(r"(\d+)([MG])", limits["memory"]).groups()  # type: ignore[union-attr]
    memory = int(number) * MIB * (1024 if unit == "G" else 1)
    host = stack.inspect(name)["HostConfig"]
    assert host["Memory"] == memory
    assert host["CpuQuota"] / host["CpuPeriod"] == float(limits["cpus"])
    files = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes || cat /sys/fs/cgroup/memory.max"
    assert int(stack.inside(name, "sh", "-c", files).stdout) == memory  # what the kernel enforces


@pytest.mark.parametrize("service", PYTHON)
def test_a_process_reads_its_own_secrets_and_no_other(stack: Stack, service: str) -> None:
    (name,) = stack.containers(service)
    wanted = {
        one["target"] if isinstance(one, dict) else f"/run/secrets/{one}"
        for one in services()[service]["secrets"]
    }
    listed = stack.inside(name, "sh", "-c", "ls -d /run/secrets/* /run/keys/*").stdout.split()
    assert set(listed) == wanted
    for path in wanted:
        assert stack.inside(name, "cat", path).stdout
    told = " ".join(stack.inspect(name)["Config"]["Env"])
    for secret in (stack.folder / "secrets").iterdir():
        assert secret.read_text().strip() not in told


def test_five_flags_become_a_live_detector(bank: ContainerBank) -> None:
    figures = bank.play()
    print(figures, flush=True)
    assert figures.lost == figures.duplicated == 0
    assert figures.recall_after > max(0.5, figures.recall_before + 0.3)
    assert figures.false_positive_rate_after < 5 * figures.budget


def test_a_killed_worker_starts_again_and_no_payment_is_lost(stack: Stack, bank: ContainerBank) -> None:
    (name,) = stack.containers("worker")
    first = stack.inspect(name)["State"]["Pid"]
    os.kill(first, signal.SIGKILL)  # `podman kill` would count as a stop that is wanted

    def runs_again() -> bool:
        state = stack.inspect(name)["State"]
        return state["Status"] == "running" and state["Pid"] not in (0, first)

    until(runs_again, what="the worker to start again", within_s=120)
    stack.wait_until_healthy("worker")
    bank.send_more(2_000)
    assert bank.lost() == 0
    assert bank.observer.doubled == 0


def test_a_second_worker_shares_the_partitions(stack: Stack, bank: ContainerBank) -> None:
    stack.up("worker", scale=2)
    until(lambda: len(stack.containers("worker")) == 2, what="two workers")
    stack.wait_until_healthy("worker")

    def seen_by_prometheus() -> bool:
        return ups("worker") == ["1", "1"]

    until(seen_by_prometheus, what="Prometheus to scrape two workers", within_s=300)
    bank.send_more(2_000)
    assert bank.lost() == 0
    assert bank.observer.doubled == 0


@pytest.mark.parametrize("service", [*PYTHON, "adapter"])
def test_prometheus_scrapes_every_process(bank: ContainerBank, service: str) -> None:
    # The last look may be from before the process answered; there is one every few seconds.
    assert until(lambda: set(ups(service)) == {"1"}, what=f"metrics of {service}", within_s=120)


def test_the_console_answers_on_the_port_of_this_machine(bank: ContainerBank) -> None:
    with urllib.request.urlopen("http://127.0.0.1:8080/login", timeout=30) as answer:
        assert answer.status == 200


def test_every_process_stops_by_itself_in_the_end(stack: Stack, bank: ContainerBank) -> None:
    bank.pause()
    names = [name for service in (*PYTHON, "adapter") for name in stack.containers(service)]
    podman("stop", "--time", "30", *names)
    ended = {name: stack.inspect(name)["State"]["ExitCode"] for name in names}
    # The verbs end as on Ctrl-C, with 130, where they have no work to finish. A kill after 30 s would be 137.
    assert set(ended.values()) <= {0, 128 + signal.SIGINT, 128 + signal.SIGTERM}, ended


def ups(job: str) -> list[str]:
    """Return what Prometheus knows of the targets of a job: 1 for each that answers."""
    query = f"http://127.0.0.1:9090/api/v1/query?query=up%7Bjob%3D%22{job}%22%7D"
    with urllib.request.urlopen(query, timeout=10) as answer:
        found = json.loads(answer.read())["data"]["result"]
    return [one["value"][1] for one in found]
