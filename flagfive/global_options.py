"""What `flagfive`'s own options leave for the verbs."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flagfive.errors import WrongSettings

if TYPE_CHECKING:
    import typer

    from settings import Settings


@dataclass(frozen=True)
class GlobalOptions:
    """GlobalOptions given before the verb."""

    config: Path | None = None


def settings_of(context: "typer.Context") -> "Settings":
    """Load and check the settings for the verb that runs in `context`. Raises WrongSettings."""
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
    """Return the command that runs another verb in a child process, with the same interpreter and settings.

    The parent's PYTHONPATH must reach the child, as it does when the environment is passed on.
    """
    import sys

    config = options_of(context).config
    options = ["--config", str(config)] if config else []
    return [sys.executable, "-P", "-m", "flagfive", *options, *verb]
