"""The kustomizations of sizes: each object is valid, and each size keeps what its head comment promises."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from settings import Settings
from tests.docs_blocks import CLONE
from tests.kustomize import render

DEPLOY = CLONE / "deploy"
SCHEMAS = CLONE / "tests" / "schemas"
SIZES = sorted(path.parent.name for path in DEPLOY.glob("*/kustomization.yaml"))
SHARE_THEIR_WORK = {"worker", "recorder", "adapter", "decide"}
"""Processes of which several run; the others have one replica, which a drained node stops for a moment."""


def rendered(size: str) -> list[dict[str, Any]]:
    return render(DEPLOY / size)


def named(size: str, kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in rendered(size) if one["kind"] == kind}


def container(size: str, name: str) -> dict[str, Any]:
    found: dict[str, Any]
    (found,) = named(size, "Deployment")[name]["spec"]["template"]["spec"]["containers"]
    return found


def errors(one: dict[str, Any]) -> list[str]:
    schema = json.loads((SCHEMAS / "kubernetes-1.34.json").read_text())
    of_kind: dict[str, Any] = json.loads((SCHEMAS / "keda-2.17-scaledobject.json").read_text())
    if one["kind"] != "ScaledObject":
        of_kind = {"$ref": schema["x-kinds"][one["kind"]], "$defs": schema["$defs"]}
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(of_kind).iter_errors(one)]


def test_there_is_a_kustomization_for_each_size() -> None:
    assert {"kubernetes-trial", "kubernetes-production", "kubernetes-gpu", "kubernetes-scaling"} <= set(SIZES)


@pytest.mark.parametrize("size", SIZES)
def test_every_object_of_a_size_fits_the_description_of_its_kind(size: str) -> None:
    for one in rendered(size):
        assert errors(one) == [], one["metadata"]["name"]


def test_a_mistake_in_a_scaled_object_is_found() -> None:
    scaled = named("kubernetes-scaling", "ScaledObject")["worker"]
    scaled["spec"]["maxReplicas"] = 3
    assert errors(scaled)


@pytest.mark.parametrize("size", SIZES)
def test_kubectl_renders_the_same(size: str) -> None:
    if not (kubectl := shutil.which("kubectl") or shutil.which("kustomize")):
        pytest.skip("PATH has neither kubectl nor kustomize")
    build = "kustomize" if Path(kubectl).name == "kubectl" else "build"
    done = subprocess.run([kubectl, build, DEPLOY / size], capture_output=True, text=True, check=True)

    def by_name(objects: list[dict[str, Any]]) -> dict[str, str]:
        return {
            f"{one['kind']}/{one['metadata']['name']}": json.dumps(_in_order(one), sort_keys=True)
            for one in objects
        }

    assert by_name(list(yaml.safe_load_all(done.stdout))) == by_name(rendered(size))


def _in_order(value: Any) -> Any:
    """Sort lists: kustomize puts added elements first."""
    if isinstance(value, dict):
        return {name: _in_order(one) for name, one in value.items()}
    if isinstance(value, list):
        return sorted((_in_order(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True))
    return value


@pytest.mark.parametrize("size", SIZES)
def test_a_drained_node_takes_one_pod_at_a_time_of_those_that_share_their_work(size: str) -> None:
    budgets = named(size, "PodDisruptionBudget")
    assert set(budgets) == SHARE_THEIR_WORK
    for name, budget in budgets.items():
        pods = named(size, "Deployment")[name]["spec"]["template"]["metadata"]["labels"]
        assert budget["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": pods}}


@pytest.mark.parametrize("size", SIZES)
def test_at_most_as_many_workers_as_partitions(size: str) -> None:
    data = named(size, "ConfigMap")["flagfive"]["data"]
    partitions = int(data["FLAGFIVE_TOPICS__PARTITIONS"])
    workers = named(size, "Deployment")["worker"]["spec"].get("replicas", 1)
    scaled = named(size, "ScaledObject").get("worker", {"spec": {"maxReplicaCount": workers}})
    assert max(workers, scaled["spec"]["maxReplicaCount"]) <= partitions


def test_a_trial_has_one_replica_of_everything_and_one_copy_of_the_data() -> None:
    for one in named("kubernetes-trial", "Deployment").values():
        assert one["spec"]["replicas"] == 1
    assert named("kubernetes-trial", "ConfigMap")["flagfive"]["data"]["FLAGFIVE_TOPICS__REPLICATION"] == "1"


def test_production_spreads_what_shares_its_work_over_zones_and_nodes() -> None:
    deployments = named("kubernetes-production", "Deployment")
    for name in SHARE_THEIR_WORK:
        assert deployments[name]["spec"]["replicas"] > 1
        spread = deployments[name]["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in spread} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        for one in spread:
            assert one["labelSelector"] == deployments[name]["spec"]["selector"]


def test_only_the_adaptation_worker_asks_for_a_gpu() -> None:
    for name in named("kubernetes-gpu", "Deployment"):
        asks = "nvidia.com/gpu" in container("kubernetes-gpu", name)["resources"]["limits"]
        assert asks == (name == "adapter")
    adapter = container("kubernetes-gpu", "adapter")
    assert adapter["image"].startswith("flagfive-adapter-gpu:")
    assert adapter["args"] == ["adapter", "--device", "cuda"]


def test_keda_counts_the_lag_of_the_groups_and_topics_that_the_processes_read() -> None:
    settings = Settings()
    reads = {
        "worker": (settings.stream.group, settings.topics.transactions),
        "recorder": (f"{settings.stream.group}-recorder", settings.topics.scored),
    }
    broker = named("kubernetes-scaling", "ConfigMap")["flagfive"]["data"]["FLAGFIVE_BROKER"]
    scaled = named("kubernetes-scaling", "ScaledObject")
    assert set(scaled) == set(reads)
    for name, one in scaled.items():
        (trigger,) = one["spec"]["triggers"]
        asked = trigger["metadata"]
        assert (asked["consumerGroup"], asked["topic"]) == reads[name]
        assert asked["bootstrapServers"] == broker
        assert one["spec"]["scaleTargetRef"] == {"name": name}
        assert "replicas" not in named("kubernetes-scaling", "Deployment")[name]["spec"]
