"""Renders the kustomizations in deploy/ as `kubectl kustomize` does, for machines without kubectl.

It knows what these files use: resources, replicas, and patches, either strategic merges or removals by path.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]

KEYS = ("mountPath", "name")
"""Fields that identify the elements of a list of mappings; other lists are replaced as a whole."""


def render(folder: Path) -> list[Object]:
    """Return all objects of a kustomization.

    Args:
        folder: holds `kustomization.yaml`.
    """
    recipe = yaml.safe_load((folder / "kustomization.yaml").read_text())
    known = {"apiVersion", "kind", "namespace", "resources", "replicas", "patches"}
    assert set(recipe) <= known, f"{folder.name}: no renderer for {set(recipe) - known}"
    found: list[Object] = []
    for name in recipe["resources"]:
        path = folder / name
        found += render(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))
    for patch in recipe.get("patches", ()):
        _apply(patch, found)
    for wanted in recipe.get("replicas", ()):  # after the patches, as kustomize does
        _deployment(found, wanted["name"])["spec"]["replicas"] = wanted["count"]
    return found


def _apply(patch: Object, objects: list[Object]) -> None:
    body = yaml.safe_load(patch["patch"])
    if isinstance(body, list):
        for one in _targets(patch["target"], objects):
            for step in body:
                _remove(one, step)
        return
    (target,) = (one for one in objects if _identity(one) == _identity(body))
    _merge(target, body)


def _targets(target: Object, objects: list[Object]) -> list[Object]:
    found = [
        one
        for one in objects
        if one["kind"] == target["kind"] and re.fullmatch(target["name"], one["metadata"]["name"])
    ]
    assert found, f"no object fits {target}"
    return found


def _remove(target: Object, step: Object) -> None:
    assert step["op"] == "remove"
    *above, last = step["path"].strip("/").split("/")
    for name in above:
        target = target[name]
    del target[last]


def _merge(target: Object, patch: Object) -> None:
    for name, value in patch.items():
        if isinstance(value, dict) and isinstance(target.get(name), dict):
            _merge(target[name], value)
        elif isinstance(value, list) and isinstance(target.get(name), list) and (key := _key(value)):
            _merge_list(target[name], value, key)
        else:
            target[name] = value


def _merge_list(target: list[Object], patch: list[Object], key: str) -> None:
    by_key = {one[key]: one for one in target}
    for one in patch:
        if one[key] in by_key:
            _merge(by_key[one[key]], one)
        else:
            target.append(one)


def _key(value: list[Any]) -> str | None:
    return next((key for key in KEYS if all(isinstance(one, dict) and key in one for one in value)), None)


def _deployment(objects: list[Object], name: str) -> Object:
    (found,) = (one for one in objects if one["kind"] == "Deployment" and one["metadata"]["name"] == name)
    return found


def _identity(one: Object) -> tuple[str, str, str]:
    return one["kind"], one["metadata"]["name"], one["metadata"].get("namespace", "")
