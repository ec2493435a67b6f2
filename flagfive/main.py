"""The entry point of `flagfive`: parses the command line, runs the verb, and prints known errors.

flagfive --help
flagfive --config my.toml topics
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from contracts.broker_tls import TlsFileUnusable
from flagfive.errors import UserError, WrongSettings
from flagfive.global_options import GlobalOptions
from flagfive.stop_signals import interrupt_on_stop_signals
from flagfive.verbs import VERBS, module_of


class LazyVerbs(TyperGroup):
    """Knows the name and summary of each verb; imports its module only to run it or to show its help."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        return TyperCommand(cmd_name, help=VERBS[cmd_name]) if cmd_name in VERBS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name is None or command is None:
            return name, command, rest
        loaded = typer.main.get_command(import_module(module_of(name)).app)
        loaded.name = name
        return name, loaded, rest


app = typer.Typer(cls=LazyVerbs, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback(epilog="Example: flagfive --config my.toml topics")
def flagfive(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            help="Settings file (default: flagfive.toml in the working folder, else that of the clone)."
        ),
    ] = None,
) -> None:
    """Flag a handful of transactions of a new fraud pattern, and catch the rest a second later."""
    context.obj = GlobalOptions(config=config)


def main() -> None:
    """Run the command line.

    Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted.
    """
    try:
        with interrupt_on_stop_signals():
            app(prog_name="flagfive")
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    except TlsFileUnusable as error:
        print(error, file=sys.stderr)
        sys.exit(WrongSettings.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
