"""The examples for a secured Kafka cluster: each process connects as a user of its own, secrets are files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from flagfive.rights import PROCESSES
from settings import BrokerSettings, load_settings
from tests.docs_blocks import CLONE
from tests.unit.deploy.test_files_for_containers import manifests

COMPOSE = CLONE / "deploy" / "compose.secured-kafka.yml"
OVERLAY = CLONE / "deploy" / "kubernetes-secured-kafka" / "kustomization.yaml"
USERS = {
    "topics": "operator",
    "worker": "worker",
    "recorder": "recorder",
    "adapter": "adapter",
    "console": "console",
    "decide": "decide",
}


class Loader(yaml.SafeLoader):
    """Reads the compose file with its tag `!reset`, which drops what docker-compose.yml says."""


Loader.add_constructor("!reset", lambda loader, node: None)


def in_compose(name: str) -> dict[str, str]:
    service = yaml.load(COMPOSE.read_text(), Loader)["services"][name]
    mounted = {f"/run/secrets/{secret}" for secret in service["secrets"]}
    files = {value for key, value in service["environment"].items() if key.endswith("_FILE")}
    assert files == mounted
    return {**service["environment"], "FLAGFIVE_BROKER": "kafka.example.com:9094"}


def in_kubernetes(name: str) -> dict[str, str]:
    patches = [yaml.safe_load(one["patch"]) for one in yaml.safe_load(OVERLAY.read_text())["patches"]]
    config: dict[str, str] = next(one for one in patches if one["kind"] == "ConfigMap")["data"]
    patched = next(one for one in patches if one["kind"] != "ConfigMap" and one["metadata"]["name"] == name)
    assert patched["kind"] in {one["kind"] for one in manifests() if one["metadata"]["name"] == name}
    (container,) = patched["spec"]["template"]["spec"]["containers"]
    return {**config, **{one["name"]: one["value"] for one in container["env"]}}


def broker(environment: dict[str, str], folder: Path) -> BrokerSettings:
    """Load the settings as in the container, with a password file that exists here."""
    file = folder / "password"
    file.write_text("hunter2")
    here: dict[str, Any] = {
        key: str(file) if value and "PASSWORD_FILE" in key else value for key, value in environment.items()
    }
    config = folder / "flagfive.toml"
    config.write_text("")
    return load_settings(config, here).broker


@pytest.mark.parametrize("name", USERS)
@pytest.mark.parametrize("environment_of", [in_compose, in_kubernetes], ids=["compose", "kubernetes"])
def test_each_process_has_a_user_of_its_own_over_tls(environment_of: Any, name: str, tmp_path: Path) -> None:
    environment = environment_of(name)
    connection = broker(environment, tmp_path)
    assert connection.security_protocol == "SASL_SSL"
    assert f"User:{connection.user}" == PROCESSES[USERS[name]].principal
    assert connection.ca_file.startswith("/run/secrets/")
    assert "hunter2" not in str(environment)


def test_the_monitor_gets_no_access_to_kafka(tmp_path: Path) -> None:
    assert broker(in_kubernetes("monitor"), tmp_path).security_protocol == "PLAINTEXT"
