"""`flagfive lists`: show named lists, and write their values as CSV."""

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flagfive.errors import UserError
from flagfive.global_options import settings_of
from flagfive.verbs import list_changes

if TYPE_CHECKING:
    from rules.lists.bucket import Listed

app = typer.Typer(add_completion=False, no_args_is_help=True)
app.add_typer(list_changes.app)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")]


@app.callback(epilog="Example: flagfive lists import stolen.csv --list stolen --use block --of card")
def lists() -> None:
    """Keep lists of ids that are allowed, blocked, or watched by rules."""


@app.command(epilog="Example: flagfive lists show watched m17")
def show(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Name of a list.")] = None,
    value: Annotated[str | None, typer.Argument(metavar="[VALUE]", help="Value to look up.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Values to show.")] = 20,
) -> None:
    """Show all lists, the values of one, or why a value is on it.

    Exit codes: 0 shown, 1 there is no such list, or the value is not on it.
    """
    from flagfive.lists_in_force import list_in_force

    if name is None:
        _show_all(context)
        return
    table = list_in_force(settings_of(context), name)
    if value is None:
        _show_values(list(islice(table.items(), limit)), len(table))
        return
    why = table.find(value.encode())
    if why is None:
        raise UserError(f"{value!r} is not on the list {name}")
    _show_values([(value.encode(), why)], 1)


@app.command(epilog="Example: flagfive lists export watched > watched.csv")
def export(
    context: typer.Context,
    name: Name,
    to: Annotated[Path | None, typer.Option(help="File to write (default: standard output).")] = None,
) -> None:
    """Write all values of a list as CSV, expired ones too; `flagfive lists import` reads it."""
    import sys

    from flagfive.lists_in_force import list_in_force
    from rules.lists.csv_file import write_csv

    table = list_in_force(settings_of(context), name)
    if to is None:
        write_csv(sys.stdout, table.items())
        return
    with to.open("w", encoding="utf-8", newline="") as out:
        count = write_csv(out, table.items())
    print(f"{count:,} values written to {to}")


def _show_all(context: typer.Context) -> None:
    from rich.console import Console
    from rich.table import Table

    from flagfive.lists_in_force import snapshot_in_force

    lists = snapshot_in_force(settings_of(context)).lists.by_name
    shown = Table("list", "use", "of", "values", "owner", "note")
    for name, one in lists.items():
        if one.definition is not None:
            terms = one.definition
            shown.add_row(name, terms.use, terms.of or "any", f"{len(one):,}", terms.owner, terms.note)
    Console().print(shown if lists else "there are no lists")


def _show_values(items: "list[tuple[bytes, Listed]]", of: int) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from rules.lists.csv_file import EXPORTED, time_text

    shown = Table(*EXPORTED)
    for value, why in items:
        cells = (value.decode(), time_text(why.until), why.reason, why.source, why.by, time_text(why.added))
        shown.add_row(*map(escape, cells))
    Console().print(shown)
    if len(items) < of:
        print(f"{len(items):,} of {of:,} values; --limit shows more")
