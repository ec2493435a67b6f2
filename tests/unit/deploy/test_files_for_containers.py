"""docker-compose.yml, the image and the manifests are valid, pinned, hardened and in sync with the code."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from contracts.signing.principals import PROCESSES
from flagfive.key_folder import KeyFolder
from flagfive.verbs import VERBS
from settings import Settings, load_settings
from tests.docs_blocks import CLONE
from tests.unit.test_imports import MAY_IMPORT

SCHEMAS = CLONE / "tests" / "schemas"
MANIFESTS = sorted((CLONE / "deploy" / "kubernetes").glob("*.yaml"))
OURS = "flagfive:0.1.0"
WITH_TORCH = {"adapter": "flagfive-adapter:0.1.0", "adapter-gpu": "flagfive-adapter-gpu:0.1.0"}
PORTS = {"worker", "recorder", "adapter", "monitor", "console", "decide"}
WRITES_ITS_OWN_CONFIGURATION = {"kafka"}


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CLONE / "docker-compose.yml").read_text())
    return found


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def manifests() -> list[dict[str, Any]]:
    texts = [path.read_text() for path in MANIFESTS if path.name != "kustomization.yaml"]
    return [one for text in texts for one in yaml.safe_load_all(text)]


def pods() -> dict[str, dict[str, Any]]:
    kinds = ("Deployment", "Job")
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in manifests()
        if one["kind"] in kinds
    }


def pod_notes() -> dict[str, dict[str, str]]:
    return {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"]["annotations"]
        for one in manifests()
        if one["kind"] == "Deployment"
    }


def test_the_compose_file_fits_the_specification() -> None:
    schema = json.loads((SCHEMAS / "compose-spec.json").read_text())
    assert [error.message for error in Draft7Validator(schema).iter_errors(compose())] == []


def test_every_manifest_fits_the_description_of_its_kind() -> None:
    schema = json.loads((SCHEMAS / "kubernetes-1.34.json").read_text())
    kinds = schema["x-kinds"]
    for manifest in manifests():
        of_kind = {"$ref": kinds[manifest["kind"]], "$defs": schema["$defs"]}
        errors = [f"{e.json_path}: {e.message}" for e in Draft202012Validator(of_kind).iter_errors(manifest)]
        assert errors == [], manifest["metadata"]["name"]


def test_a_mistake_in_a_manifest_or_the_compose_file_is_found() -> None:
    schema = json.loads((SCHEMAS / "kubernetes-1.34.json").read_text())
    worker = next(one for one in manifests() if one["kind"] == "Deployment")
    worker["spec"]["replica"] = 2
    of_kind = {"$ref": schema["x-kinds"]["Deployment"], "$defs": schema["$defs"]}
    assert not Draft202012Validator(of_kind).is_valid(worker)
    wrong = compose()
    wrong["services"]["worker"]["commands"] = ["worker"]
    assert not Draft7Validator(json.loads((SCHEMAS / "compose-spec.json").read_text())).is_valid(wrong)


def test_kustomize_takes_every_manifest() -> None:
    listed = yaml.safe_load((CLONE / "deploy" / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    assert sorted([*listed, "kustomization.yaml"]) == [path.name for path in MANIFESTS]


def test_every_image_is_named_by_version() -> None:
    images = [one["image"] for one in services().values()]
    images += [container["image"] for pod in pods().values() for container in pod["containers"]]
    images += re.findall(r"^ARG PYTHON=(\S+)", (CLONE / "Dockerfile").read_text(), re.MULTILINE)
    for image in images:
        assert re.search(r"(^|:)v?\d+\.\d+\.\d+|postgres:\d+\.\d+", image), image
        assert "latest" not in image


def test_the_image_is_named_by_the_version_of_the_project() -> None:
    version = re.search(r'^version = "(.+)"', (CLONE / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert f"flagfive:{version[1]}" == OURS
    built = {name: one["image"] for name, one in services().items() if "build" in one}
    assert built == {name: WITH_TORCH.get(name, OURS) for name in built}
    images = {name: pod["containers"][0]["image"] for name, pod in pods().items()}
    assert images == {name: WITH_TORCH.get(name, OURS) for name in images}
    assert f"org.opencontainers.image.version={version[1]} " in (CLONE / "Dockerfile").read_text()


def test_only_the_images_of_the_adaptation_worker_are_built_with_torch() -> None:
    """The stage without torch leaves out what `./run` leaves out for an index with CPU-only builds."""
    for name, service in services().items():
        if "build" in service:
            assert service["build"]["target"] == ("adapter" if name in WITH_TORCH else "flagfive")
    left_out = r"awk '(/\^\[\^ \]/ \{ keep = .+ \} keep)'"
    (in_run,) = re.findall(left_out, (CLONE / "run").read_text())
    assert in_run in re.findall(left_out, (CLONE / "Dockerfile").read_text())


@pytest.mark.parametrize("name", services())
def test_every_service_is_limited_unprivileged_and_watched(name: str) -> None:
    service = services()[name]
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) >= {"cpus", "memory"}
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"] not in ("root", "0")
    assert service.get("read_only", False) or name in WRITES_ITS_OWN_CONFIGURATION
    assert "healthcheck" in service or name == "topics"
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))


@pytest.mark.parametrize("name", pods())
def test_every_pod_is_limited_and_unprivileged(name: str) -> None:
    pod = pods()[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert {"memory"} <= set(container["resources"]["limits"])
        assert name == "topics" or {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)


def test_liveness_asks_for_heartbeats_of_the_work_and_readiness_is_asked_for_apart() -> None:
    for name, service in services().items():
        if name in PORTS:
            assert (
                f":{getattr(Settings().metrics, f'{name}_port')}/live'" in service["healthcheck"]["test"][-1]
            )
    for name, pod in pods().items():
        if name in PORTS:
            (container,) = pod["containers"]
            assert container["livenessProbe"]["httpGet"] == {"path": "/live", "port": "metrics"}
            assert container["readinessProbe"]["httpGet"] == {"path": "/ready", "port": "metrics"}


def test_every_process_runs_a_verb_and_serves_its_port() -> None:
    ports = Settings().metrics
    for name, service in services().items():
        if "build" in service:
            assert service["command"][0] in VERBS
        if name in PORTS:
            assert service["expose"] == [str(getattr(ports, f"{name}_port"))]
    for name, pod in pods().items():
        (container,) = pod["containers"]
        assert container["args"][0] in VERBS
        if name in PORTS:
            served = {port["name"]: port["containerPort"] for port in container["ports"]}
            assert served["metrics"] == getattr(ports, f"{name}_port")
            assert pod_notes()[name]["prometheus.io/port"] == str(served["metrics"])


def test_no_secret_stands_in_an_environment(tmp_path: Path) -> None:
    """Secrets come from files, and the code knows every setting of a container."""
    (tmp_path / "secret").write_text("sqlite:///of-a-test.sqlite")
    config = next(one for one in manifests() if one["kind"] == "ConfigMap")["data"]
    for environment in (services()["worker"]["environment"], config):
        assert not {name for name in environment if "PASSWORD" in name or name.endswith(("KEY", "URL"))}
        here = {n: str(tmp_path / "secret") if n.endswith("_FILE") else v for n, v in environment.items()}
        assert load_settings(CLONE / "flagfive.toml", here).logging.format == "json"


def make_secrets(folder: Path) -> dict[str, str]:
    script = CLONE / "deploy" / "make-secrets"
    subprocess.run([script, str(folder)], check=True, env={"PATH": os.environ["PATH"]})
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_every_secret_is_made_by_the_script_once(tmp_path: Path) -> None:
    first = make_secrets(tmp_path / "secrets")
    assert set(first) == {Path(one["file"]).name for one in compose()["secrets"].values()}
    assert first["postgres_password"] in first["database_url"]
    assert make_secrets(tmp_path / "secrets") == first


def test_the_script_makes_a_key_for_every_process_as_the_code_does(tmp_path: Path) -> None:
    made = make_secrets(tmp_path / "secrets")
    folder = KeyFolder(tmp_path / "secrets")
    assert folder.trusted().principals == PROCESSES
    for principal in PROCESSES:
        (known,) = folder.registry().keys_of(principal.name)
        private = folder.private(principal.name)
        assert private is not None
        assert private.id == known.key.id
        assert f"{principal.name}.key" in made


HELD = {
    "worker": {"worker"},
    "recorder": set(),
    "adapter": {"adapter", "control", "cli"},
    "monitor": set(),
    "console": {"console"},
}
"""The private keys of each process: only the adaptation worker can sign for the control log."""


@pytest.mark.parametrize("name", HELD)
def test_each_container_holds_the_public_keys_and_only_its_own_private_ones(name: str) -> None:
    mounted = [one["target"] for one in services()[name]["secrets"] if isinstance(one, dict)]
    keys = {f"/run/keys/{held}.key" for held in HELD[name]}
    assert set(mounted) == {"/run/keys/trusted.json", *keys}
    (volume,) = [one for one in pods()[name]["volumes"] if one["name"] == "keys"]
    sources = volume["projected"]["sources"]
    secrets = [one["secret"]["name"] for one in sources if "secret" in one]
    assert secrets == ([f"flagfive-{name}"] if HELD[name] else [])
    assert [one["configMap"]["name"] for one in sources if "configMap" in one] == ["flagfive-trusted"]


def test_the_image_holds_every_package_that_a_verb_imports() -> None:
    text = (CLONE / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\w+) \1$", text, re.MULTILINE))
    packages = set(MAY_IMPORT) - {"benchmarks", "dashboards", "examples"}
    assert copied == packages
    allowed = (CLONE / ".dockerignore").read_text()
    assert all(f"!{name}\n" in allowed for name in packages)
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
