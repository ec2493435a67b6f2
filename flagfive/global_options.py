"""Options before the verb, such as `--config`, and what verbs derive from them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flagfive.errors import WrongSettings

if TYPE_CHECKING:
    import typer

    from settings import Settings


@dataclass(frozen=True)
class GlobalOptions:
    """Options given before the verb; `config` is the settings file, None for the default one."""

    config: Path | None = None


def settings_of(context: "typer.Context") -> "Settings":
    """Load and check the settings of a verb.

    Args:
        context: context of the running verb.

    Returns:
        The settings.

    Raises:
        WrongSettings: the settings have problems; the message lists every one.
    """
    from settings import SettingsError, load_settings

    try:
        return load_settings(options_of(context).config)
    except SettingsError as error:
        raise WrongSettings(str(error)) from None


def options_of(context: "typer.Context") -> GlobalOptions:
    """Return the options given before the verb."""
    options = context.find_object(GlobalOptions)
    return options or GlobalOptions()


def command_line(context: "typer.Context", *verb: str) -> list[str]:
    """Return the command line that runs another verb with the same interpreter and settings.

    The child needs the PYTHONPATH of this process, so pass the environment on.

    Args:
        context: context of the running verb.
        *verb: the other verb and its arguments.

    Returns:
        The command line.
    """
    import sys

    config = options_of(context).config
    options = ["--config", str(config)] if config else []
    return [sys.executable, "-P", "-m", "flagfive", *options, *verb]
