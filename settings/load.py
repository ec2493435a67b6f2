"""Reads, merges and checks the settings: returns one frozen `Settings`, or reports every problem at once."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from settings.errors import Problem, SettingsError
from settings.sections.whole import Settings
from settings.sources import FILES, Layers, read_environment, read_file

DEFAULT_FILE = "flagfive.toml"
ONLY_IN_ENVIRONMENT = {
    ("broker", "key_password"): "FLAGFIVE_BROKER__KEY_PASSWORD",
    ("broker", "password"): "FLAGFIVE_BROKER__PASSWORD",
    ("broker", "oauth_secret"): "FLAGFIVE_BROKER__OAUTH_SECRET",
    ("registry", "key_password"): "FLAGFIVE_REGISTRY__KEY_PASSWORD",
    ("registry", "password"): "FLAGFIVE_REGISTRY__PASSWORD",
    ("registry", "token"): "FLAGFIVE_REGISTRY__TOKEN",
    ("control", "key"): "FLAGFIVE_CONTROL_KEY",
    ("control", "earlier_key"): "FLAGFIVE_CONTROL__EARLIER_KEY",
    ("stream", "key"): "FLAGFIVE_STREAM__KEY",
    ("console", "oidc_secret"): "FLAGFIVE_CONSOLE__OIDC_SECRET",
    ("console", "secret"): "FLAGFIVE_CONSOLE__SECRET",
    ("decisions", "key_password"): "FLAGFIVE_DECISIONS__KEY_PASSWORD",
    ("storage", "audit_key"): "FLAGFIVE_STORAGE__AUDIT_KEY",
    ("webhooks", "secret"): "FLAGFIVE_WEBHOOKS__SECRET",
}
SECRETS = {*ONLY_IN_ENVIRONMENT, ("storage", "url"), ("registry", "url"), ("webhooks", "endpoints")}
CLONE = Path(__file__).resolve().parent.parent


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Load and check the settings.

    Args:
        path: the TOML file. None takes the file named by FLAGFIVE_CONFIG, else `flagfive.toml` in the working
            folder, else that of the clone. An installed package has no clone. Every key then has its default,
            and relative paths start at the working folder.
        environment: variables that override keys of the file; None takes those of this process.

    Returns:
        The settings, with absolute paths.

    Raises:
        SettingsError: the file cannot be read or keys cannot be used; it lists every problem.
    """
    environment = os.environ if environment is None else environment
    path = path or _find_file(environment)
    layers = Layers()
    if path is not None:
        read_file(path, layers)
    problems = _secrets_in_file(layers)
    read_environment(environment, layers)
    try:
        settings = Settings.model_validate(layers.values)
    except ValidationError as error:
        problems += [_problem(one, layers) for one in _innermost(error)]
    if problems:
        raise SettingsError(problems)
    return _with_absolute_paths(settings, path.resolve().parent if path else Path.cwd())


def _find_file(environment: Mapping[str, str]) -> Path | None:
    if named := environment.get("FLAGFIVE_CONFIG"):
        return Path(named)
    candidates = (Path.cwd() / DEFAULT_FILE, CLONE / DEFAULT_FILE)
    return next((file for file in candidates if file.is_file()), None)


def _secrets_in_file(layers: Layers) -> list[Problem]:
    """Refuse secrets in a file, since files end up in version control."""
    return [
        Problem(
            ".".join(key), "(hidden)", f"only the environment variable {name} may hold it", layers.origin(key)
        )
        for key, name in ONLY_IN_ENVIRONMENT.items()
        if key in layers.origins
    ]


def _innermost(error: ValidationError) -> list[dict[str, Any]]:
    """Drop problems that follow from one further in, such as a list that is too short for a bad item."""
    errors: list[dict[str, Any]] = [dict(one) for one in error.errors()]
    places: list[tuple[Any, ...]] = [one["loc"] for one in errors]

    def leads_further(place: tuple[Any, ...]) -> bool:
        return any(other != place and other[: len(place)] == place for other in places)

    return [one for one, place in zip(errors, places, strict=True) if not leads_further(place)]


def _problem(error: dict[str, Any], layers: Layers) -> Problem:
    location = tuple(str(part) for part in error["loc"])
    value = repr(error["input"])[:200]
    if any(secret[: len(location)] == location[:2] for secret in SECRETS):
        value = "(hidden)"
    if error["type"] == "missing":
        value = "(missing)"
    return Problem(".".join(location), value, _allowed(error, location), layers.origin(location))


def _allowed(error: dict[str, Any], location: tuple[str, ...]) -> str:
    if error["type"] == "extra_forbidden":
        return _unknown(location)
    reason = error["msg"].removeprefix("Value error, ")
    field = _field(location)
    if field is not None and field.description and error["type"] == "string_pattern_mismatch":
        return f"allowed: {field.description}"
    if field is None or not field.description:
        return f"{reason[0].lower()}{reason[1:]}"
    return f"{reason[0].lower()}{reason[1:]}. Allowed: {field.description}"


def _unknown(location: tuple[str, ...]) -> str:
    model = _model(location[:-1]) or Settings
    names = list(model.model_fields)
    close = get_close_matches(location[-1], names, n=1)
    hint = f"unknown key, did you mean {close[0]}?" if close else "unknown key."
    return f"{hint} Allowed keys: {', '.join(names)}"


def _model(location: tuple[str, ...]) -> type[BaseModel] | None:
    """Return the section at `location`; the index of a list leads to its item."""
    model: type[BaseModel] = Settings
    for part in location:
        if part.isdigit():
            continue
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        arguments = [annotation, *getattr(annotation, "__args__", ())]
        found = [one for one in arguments if isinstance(one, type) and issubclass(one, BaseModel)]
        if not found:
            return None
        model = found[0]
    return model


def _field(location: tuple[str, ...]) -> FieldInfo | None:
    model = _model(location[:-1])
    return model.model_fields.get(location[-1]) if model else None


def _with_absolute_paths(settings: Settings, root: Path) -> Settings:
    url = settings.storage.url
    prefix = "sqlite:///"
    if url.startswith(prefix) and (relative := url.removeprefix(prefix)) and relative != ":memory:":
        url = prefix + str(root / settings.var / relative)
    storage = settings.storage.model_copy(update={"url": url})
    update: dict[str, Any] = {"var": root / settings.var, "storage": storage}
    if (location := settings.history.location) and "://" not in location:
        folder = str(root / settings.var / location)
        update["history"] = settings.history.model_copy(update={"location": folder})
    for name, keys in FILES.items():
        section = getattr(settings, name)
        files = {key: getattr(section, key) for key in keys}
        update[name] = section.model_copy(update={k: str(root / file) for k, file in files.items() if file})
    return settings.model_copy(update=update)
