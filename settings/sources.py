"""Reads values from the TOML file, then from the environment, which overrides the file.

FLAGFIVE_SECTION__KEY sets one key. FLAGFIVE_VAR and FLAGFIVE_ENTITIES set the two keys without a section.
FLAGFIVE_ENTITIES and FLAGFIVE_WEBHOOKS__ENDPOINTS hold JSON. Two short names exist: FLAGFIVE_BROKER is
broker.bootstrap, FLAGFIVE_CONTROL_KEY is control.key. Any of these names followed by _FILE names a file that
holds the value, as secret stores mount them. A key that ends in `_file` itself, such as broker.ca_file, holds
a path and takes the value as it is. Other FLAGFIVE_ variables belong to `./run` and are ignored.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from settings.errors import Problem, SettingsError
from settings.sections.broker import BrokerSettings
from settings.sections.decisions import DecisionsSettings
from settings.sections.registry import RegistrySettings
from settings.sections.webhooks import WebhooksSettings

PREFIX, IN_A_FILE = "FLAGFIVE_", "_FILE"
FILES = {
    section: tuple(key for key in model.model_fields if key.endswith("_file"))
    for section, model in (
        ("broker", BrokerSettings),
        ("decisions", DecisionsSettings),
        ("registry", RegistrySettings),
        ("webhooks", WebhooksSettings),
    )
}
"""Keys that hold the path of a file, by section."""
ALIASES = {
    "FLAGFIVE_BROKER": ("broker", "bootstrap"),
    "FLAGFIVE_CONTROL_KEY": ("control", "key"),
    "FLAGFIVE_VAR": ("var",),
    "FLAGFIVE_ENTITIES": ("entities",),
}
LISTS = {("entities",), ("webhooks", "endpoints")}
"""Keys that hold several tables; a variable has them as JSON."""


@dataclass
class Layers:
    """The merged values, and the file or variable that each key path came from."""

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def put(self, path: tuple[str, ...], value: Any, origin: str) -> None:
        """Set the value at a key path of one or two parts; it replaces the value of an earlier layer."""
        parent = self.values if len(path) == 1 else self.values.setdefault(path[0], {})
        if isinstance(parent, dict):
            parent[path[-1]] = value
            self.origins[path] = origin

    def origin(self, path: tuple[str, ...]) -> str:
        """Return the origin of the longest known prefix of `path`, else of a key in it, else `default`."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                return self.origins[path[:length]]
        inside = (origin for known, origin in self.origins.items() if known[: len(path)] == path)
        return next(inside, "default")


def read_file(path: Path, layers: Layers) -> None:
    """Add the keys of a TOML file.

    Args:
        path: the file.
        layers: receives the values.

    Raises:
        SettingsError: the file cannot be read or is not TOML.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError([Problem(str(path), "", f"a readable TOML file; {reason}", "file")]) from None
    for name, table in tables.items():
        if not isinstance(table, dict):
            layers.put((name,), table, path.name)
            continue
        layers.values[name] = {}
        layers.origins[(name,)] = path.name
        for key, value in table.items():
            layers.put((name, key), value, path.name)


def read_environment(environment: Mapping[str, str], layers: Layers) -> None:
    """Add the FLAGFIVE_ variables; empty ones count as not set.

    A variable overrides the same name with _FILE.

    Args:
        environment: all environment variables.
        layers: receives the values.

    Raises:
        SettingsError: a file named by a variable cannot be read.
    """
    for name in sorted(environment, key=lambda name: (not name.endswith(IN_A_FILE), name)):
        own = _path_of(name) in {(section, key) for section in FILES for key in FILES[section]}
        path = _path_of(name if own else name.removesuffix(IN_A_FILE))
        if path is not None and environment[name] != "":
            value: Any = environment[name]
            if name.endswith(IN_A_FILE) and not own:
                value = _held_by(Path(value), name)
            if path in LISTS:
                value = _from_json(value)
            layers.put(path, value, f"environment variable {name}")


def _path_of(variable: str) -> tuple[str, ...] | None:
    if variable in ALIASES:
        return ALIASES[variable]
    section, separator, key = variable.removeprefix(PREFIX).partition("__")
    if not variable.startswith(PREFIX) or not separator:
        return None
    return section.lower(), key.lower()


def _held_by(file: Path, variable: str) -> str:
    try:
        return file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        problem = Problem(str(file), "", f"a readable file; {reason}", f"environment variable {variable}")
        raise SettingsError([problem]) from None


def _from_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text  # the model refuses it and says what is allowed
